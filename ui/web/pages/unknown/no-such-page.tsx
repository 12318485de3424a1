import { usePageTitle, useTabIcon } from "../../app/page-title.ts";
import { Link } from "../../design/link.tsx";
import { Empty } from "../../design/notes.tsx";
import { PageHead } from "../../design/panel.tsx";

/** What an address shows that no page has. */
export function NoSuchPage() {
  usePageTitle("No such page");
  useTabIcon("idle");
  return (
    <>
      <PageHead title="There is no such page" />
      <Empty title="Nothing is at this address">
        It may be mistyped. <Link to={{ page: "overview" }}>Go to the overview</Link>
      </Empty>
    </>
  );
}
