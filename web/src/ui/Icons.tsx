import type { ComponentChildren } from "preact";

export function Logo({ size }: { size: number }) {
  return <img class="mark" src="/mark.svg" alt="" width={size} height={size} />;
}

function Icon({ children, size = 20 }: { children: ComponentChildren; size?: number }) {
  return (
    <svg
      class="icon"
      viewBox="0 0 24 24"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

export const AttachIcon = () => (
  <Icon>
    <path d="m20 11-8.5 8.5a5 5 0 0 1-7-7L13 4a3.4 3.4 0 0 1 5 5l-8.5 8.4a1.7 1.7 0 0 1-2.4-2.4L15 7" />
  </Icon>
);

export const MoreIcon = () => (
  <Icon>
    <path d="M5 12h.01M12 12h.01M19 12h.01" stroke-width="2.6" />
  </Icon>
);
export const SmileIcon = ({ size = 20 }: { size?: number }) => (
  <Icon size={size}>
    <circle cx="12" cy="12" r="9" />
    <path d="M8.5 14.3c.8 1.2 2 1.9 3.5 1.9s2.7-.7 3.5-1.9M9 9.7h.01M15 9.7h.01" />
  </Icon>
);
export const AtIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="3.6" />
    <path d="M15.600 8.400v5a2.600 2.600 0 0 0 5.200 0V12a8.800 8.800 0 1 0-3.600 7.100" />
  </Icon>
);
export const PlusIcon = () => (
  <Icon>
    <path d="M12 5v14M5 12h14" />
  </Icon>
);
export const BackIcon = () => (
  <Icon>
    <path d="M15 5l-7 7 7 7" />
  </Icon>
);
export const MicrophoneIcon = () => (
  <Icon>
    <rect x="9" y="3" width="6" height="11" rx="3" />
    <path d="M5.500 11.500a6.500 6.500 0 0 0 13 0M12 18v3" />
  </Icon>
);
export const SendIcon = () => (
  <Icon>
    <path d="M12 19V5.500M6 11l6-6 6 6" />
  </Icon>
);
export const UpIcon = () => (
  <Icon size={16}>
    <path d="M12 19V5M6 11l6-6 6 6" />
  </Icon>
);
export const DownIcon = () => (
  <Icon size={16}>
    <path d="M12 5v13M6 13l6 6 6-6" />
  </Icon>
);
export const PeopleIcon = () => (
  <Icon>
    <circle cx="9" cy="8" r="3.2" />
    <path d="M3.5 19c.6-3 2.700-4.500 5.500-4.500s4.900 1.500 5.500 4.500" />
    <path d="M15.500 5.200a3.200 3.200 0 0 1 0 5.600M17.500 14.800c1.700.6 2.700 2 3 4.200" />
  </Icon>
);
export const PinIcon = () => (
  <Icon size={16}>
    <path d="M9 4h6l-.8 6 3.300 3.500H6.500L9.800 10zM12 13.500V20" />
  </Icon>
);
export const LinkIcon = () => (
  <Icon>
    <path d="M10 14a4 4 0 0 0 6 .4l2.500-2.500a4 4 0 0 0-5.700-5.700L11.600 7.400" />
    <path d="M14 10a4 4 0 0 0-6-.4l-2.500 2.500a4 4 0 0 0 5.700 5.700l1.200-1.200" />
  </Icon>
);
export const ExitIcon = () => (
  <Icon>
    <path d="M14 5H6v14h8M11 12h9M17 8.500l3.500 3.500-3.500 3.500" />
  </Icon>
);
export const CompassIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="8.500" />
    <path d="M15.500 8.500l-2 5-5 2 2-5z" />
  </Icon>
);
export const AllReadIcon = () => (
  <Icon>
    <path d="M2 13l4 4 9-10M12 16l1.5 1.5L22 8" />
  </Icon>
);
export const CloseIcon = () => (
  <Icon>
    <path d="M6 6l12 12M18 6L6 18" />
  </Icon>
);
export const HashIcon = () => (
  <Icon size={18}>
    <path d="M9.500 4.500l-2 15M16.500 4.500l-2 15M4.500 9h16M3.500 15h16" />
  </Icon>
);
export const LockIcon = () => (
  <Icon size={18}>
    <rect x="6" y="11" width="12" height="8.500" rx="2" />
    <path d="M8.500 11V8.500a3.500 3.500 0 0 1 7 0V11" />
  </Icon>
);
export const GroupIcon = () => (
  <Icon size={18}>
    <circle cx="8" cy="9" r="3" />
    <circle cx="16.500" cy="10" r="2.500" />
    <path d="M3 18.500c.5-3 2.300-4.500 5-4.500s4.500 1.500 5 4.500M14.500 14.600c3.300-.7 5.600.7 6.200 3.900" />
  </Icon>
);
export const BubbleIcon = () => (
  <Icon size={18}>
    <path d="M5 18.500l.9-3.100A6.500 6.500 0 0 1 11.500 5.500h1.500a6.500 6.500 0 0 1 0 13h-1.500a6.500 6.500 0 0 1-2.200-.4z" />
  </Icon>
);
export const ClockIcon = () => (
  <Icon size={14}>
    <circle cx="12" cy="12" r="8.500" />
    <path d="M12 7.500V12l3 2" />
  </Icon>
);
export const CheckIcon = () => (
  <Icon size={14}>
    <path d="M5 12.500l4.500 4.500L19 7.500" />
  </Icon>
);
export const AlertIcon = () => (
  <Icon size={14}>
    <circle cx="12" cy="12" r="8.500" />
    <path d="M12 7.500v5.500M12 16.200v.1" />
  </Icon>
);
export const SearchIcon = () => (
  <Icon>
    <circle cx="11" cy="11" r="6.5" />
    <path d="M16 16l4 4" />
  </Icon>
);
