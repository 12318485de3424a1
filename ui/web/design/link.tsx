import type { ComponentProps } from "react";
import { useConsole } from "../app/console.tsx";
import type { Search } from "../app/navigation.ts";
import type { Route } from "../app/routes.ts";

export interface LinkProps extends Omit<ComponentProps<"a">, "href"> {
  readonly to: Route;
  readonly search?: Search;
}

/** A link within the console; modified clicks (a new tab) are the browser's. */
export function Link({ to, search, onClick, ...rest }: LinkProps) {
  const { navigation } = useConsole();
  return (
    <a
      {...rest}
      href={navigation.href(to, search)}
      onClick={(event) => {
        onClick?.(event);
        if (event.defaultPrevented || event.button !== 0) return;
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        navigation.go(to, search);
      }}
    />
  );
}
