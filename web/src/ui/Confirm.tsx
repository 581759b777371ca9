import type { ComponentChildren } from "preact";
import { Dialog } from "./Dialog";

interface Props {
  title: string;
  action: string;
  testId?: string;
  onConfirm: () => void;
  /** Another action, of which one may think here. */
  other?: { action: string; testId: string; onConfirm: () => void };
  onClose: () => void;
  children: ComponentChildren;
}

/** Asks before an action that cannot be undone. */
export function Confirm({ title, action, testId, onConfirm, other, onClose, children }: Props) {
  const confirm = (act: () => void) => () => {
    onClose();
    act();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{children}</p>
      <div class="actions">
        <button type="button" class="secondary" onClick={onClose}>
          Cancel
        </button>
        {other && (
          <button type="button" class="secondary danger" data-testid={other.testId} onClick={confirm(other.onConfirm)}>
            {other.action}
          </button>
        )}
        <button type="button" class="primary danger" data-testid={testId} onClick={confirm(onConfirm)}>
          {action}
        </button>
      </div>
    </Dialog>
  );
}
