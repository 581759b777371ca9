// Times for display, in the time zone and the language of the browser.

// A formatter is much dearer to make than to use.
const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const shortDate = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const longDate = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const longDateWithYear = new Intl.DateTimeFormat(undefined, {
  weekday: "long",
  day: "numeric",
  month: "long",
  year: "numeric",
});
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

function dayOf(date: Date): string {
  return `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`;
}

export function sameDay(a: string, b: string): boolean {
  return dayOf(new Date(a)) === dayOf(new Date(b));
}

/** The first moment of a day as a date field gives it, such as 2026-01-02; null if it gives none. */
export function dayStart(day: string): Date | null {
  const start = new Date(`${day}T00:00`); // by the clock of the browser
  return Number.isNaN(start.getTime()) ? null : start;
}

export function dayName(iso: string, now = new Date()): string {
  const date = new Date(iso);
  const yesterday = new Date(now);
  yesterday.setDate(now.getDate() - 1);
  if (dayOf(date) === dayOf(now)) return "Today";
  if (dayOf(date) === dayOf(yesterday)) return "Yesterday";
  return (date.getFullYear() === now.getFullYear() ? longDate : longDateWithYear).format(date);
}

/** How long something takes, as "1:05". */
export function clockText(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

export function timeOf(iso: string): string {
  return clock.format(new Date(iso));
}

/** A short form for lists: the time if it is today, otherwise the date. */
export function shortTime(iso: string, now = new Date()): string {
  const date = new Date(iso);
  if (dayOf(date) === dayOf(now)) return timeOf(iso);
  return shortDate.format(date);
}

/** How long ago a time was, roughly. */
export function timeAgo(iso: string, now = new Date()): string {
  const minutes = Math.round((now.getTime() - Date.parse(iso)) / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return relative.format(-minutes, "minute");
  if (minutes < 24 * 60) return relative.format(-Math.round(minutes / 60), "hour");
  return relative.format(-Math.round(minutes / 1440), "day");
}
