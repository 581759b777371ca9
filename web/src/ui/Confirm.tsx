import type { ComponentChildren } from "preact";
import { Dialog } from "./Dialog";

interface Props {
  title: string;
  action: string;
  testId?: string;
  onConfirm: () => void;
  onClose: () => void;
  children: ComponentChildren;
}

/** Asks before an action that cannot be undone. */
export function Confirm({ title, action, testId, onConfirm, onClose, children }: Props) {
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{children}</p>
      <div class="actions">
        <button type="button" class="secondary" onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          class="primary danger"
          data-testid={testId}
          onClick={() => {
            onClose();
            onConfirm();
          }}
        >
          {action}
        </button>
      </div>
    </Dialog>
  );
}
