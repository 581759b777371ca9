import { useChat } from "./context";
import { CloseIcon } from "./Icons";

export function Toast() {
  const { toast } = useChat();
  const current = toast.current.value;
  return (
    <div class="toasts" role={current?.kind === "problem" ? "alert" : "status"}>
      {current && (
        <div class="toast" data-kind={current.kind}>
          <span>{current.text}</span>
          <button type="button" class="round" aria-label="Dismiss" onClick={() => toast.dismiss()}>
            <CloseIcon />
          </button>
        </div>
      )}
    </div>
  );
}
