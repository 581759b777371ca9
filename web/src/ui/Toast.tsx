import { dismiss, notice } from "../store/notice";
import { CloseIcon } from "./Icons";

/** What the page has to say just now. */
export function Toast() {
  const current = notice.value;
  return (
    <div class="toasts" role={current?.kind === "problem" ? "alert" : "status"}>
      {current && (
        <div class="toast" data-kind={current.kind}>
          <span>{current.text}</span>
          <button type="button" class="round" aria-label="Dismiss" onClick={dismiss}>
            <CloseIcon />
          </button>
        </div>
      )}
    </div>
  );
}
