/** How many unread messages mention the user: nothing if none does. */
export function MentionCount({ count }: { count: number }) {
  if (count === 0) return null;
  return (
    <span class="count mentions" data-testid="mention-count">
      <span aria-hidden="true">@{count > 99 ? "99+" : count}</span>
      <span class="spoken">{count === 1 ? "1 mention" : `${count} mentions`}, </span>
    </span>
  );
}
