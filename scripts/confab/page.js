// In pages while an application is written: shows why a build failed, and loads the page anew.
let known;
const overlay = document.createElement("pre");
overlay.setAttribute("role", "alert");
overlay.id = "confab-build-error";
overlay.style.cssText =
  "position:fixed;inset:1rem 1rem auto;z-index:2147483647;margin:0;padding:1rem 1.25rem;max-height:80vh;overflow:auto;" +
  "border-radius:12px;background:#2a0f12;color:#ffd9d6;font:13px/1.5 ui-monospace,Menlo,Consolas,monospace;" +
  "white-space:pre-wrap;box-shadow:0 10px 40px #0008";
new EventSource("/_local/page").onmessage = ({ data }) => {
  const { error, reload } = JSON.parse(data);
  overlay.textContent = error;
  if (error) document.body.append(overlay);
  else overlay.remove();
  if (known !== undefined && reload !== known) location.reload();
  known = reload;
};
