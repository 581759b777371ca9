import type { ComponentChildren } from "preact";

export function Mark() {
  return <img class="mark" src="/mark.svg" alt="" width="44" height="44" />;
}

function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg
      class="icon" viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" stroke-width="1.8"
      stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false"
    >
      {children}
    </svg>
  );
}

export const PlusIcon = () => <Icon><path d="M12 5v14M5 12h14" /></Icon>;
export const BackIcon = () => <Icon><path d="M15 5l-7 7 7 7" /></Icon>;
export const SendIcon = () => <Icon><path d="M5 12h13M12 5l7 7-7 7" /></Icon>;
export const PeopleIcon = () => (
  <Icon><circle cx="9" cy="8" r="3.2" /><path d="M3.5 19c.6-3 2.700-4.500 5.500-4.500s4.900 1.500 5.500 4.500" /><path d="M15.500 5.200a3.200 3.200 0 0 1 0 5.600M17.500 14.800c1.700.6 2.700 2 3 4.200" /></Icon>
);
export const LinkIcon = () => (
  <Icon><path d="M10 14a4 4 0 0 0 6 .4l2.500-2.500a4 4 0 0 0-5.700-5.700L11.600 7.400" /><path d="M14 10a4 4 0 0 0-6-.4l-2.500 2.500a4 4 0 0 0 5.700 5.700l1.200-1.200" /></Icon>
);
export const ExitIcon = () => <Icon><path d="M14 5H6v14h8M11 12h9M17 8.500l3.500 3.500-3.500 3.500" /></Icon>;
export const CompassIcon = () => <Icon><circle cx="12" cy="12" r="8.500" /><path d="M15.500 8.500l-2 5-5 2 2-5z" /></Icon>;
export const CloseIcon = () => <Icon><path d="M6 6l12 12M18 6L6 18" /></Icon>;
export const LockIcon = () => <Icon><rect x="6" y="11" width="12" height="8" rx="2" /><path d="M8.500 11V8.500a3.500 3.500 0 0 1 7 0V11" /></Icon>;
