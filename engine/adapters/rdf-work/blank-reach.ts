/**
 * Which blank nodes hang from which owner, as statements come by in any order: those that are an object of the owner's
 * statements, and those that hang from these. A node that two owners lead to belongs to the one that was named first.
 */
export interface BlankReach<Owner> {
  /** An owner's statement has this blank node for its object. */
  root(owner: Owner, node: string): void;
  /** A statement leads from one blank node to another. */
  edge(from: string, to: string): void;
  /** Follows all edges; call it once, when all statements have come by. */
  resolve(): ReadonlyMap<string, Owner>;
}

export function blankReach<Owner>(): BlankReach<Owner> {
  const owners = new Map<string, Owner>();
  const edges = new Map<string, string[]>();

  return Object.freeze({
    root(owner: Owner, node: string) {
      if (!owners.has(node)) owners.set(node, owner);
    },
    edge(from: string, to: string) {
      const targets = edges.get(from);
      if (targets === undefined) edges.set(from, [to]);
      else targets.push(to);
    },
    resolve() {
      // A Map hands out what is added while it is walked, so this follows the edges to their ends.
      for (const [node, owner] of owners) {
        for (const target of edges.get(node) ?? []) if (!owners.has(target)) owners.set(target, owner);
      }
      return owners;
    },
  });
}
