const query = matchMedia("(hover: hover)");

/** Whether the user points with what can hover: a mouse can, a finger cannot. */
export function canHover(): boolean {
  return query.matches;
}
