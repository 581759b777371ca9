import type { LinkPreview } from "@confab/chat";
import { CloseIcon } from "./Icons";

interface Props {
  preview: LinkPreview;
  /** Takes the card away; only its author can. */
  onRemove: (() => void) | undefined;
}

/** What a link leads to, in the page's own words. They are text, and no picture is fetched from there. */
export function LinkCard({ preview: { url, host, site, title, description }, onRemove }: Props) {
  return (
    <div class="card" data-testid="link-preview">
      <a href={url} target="_blank" rel="noopener noreferrer nofollow">
        <span class="from">
          {site && <bdi>{site}</bdi>} <bdi class="host">{host}</bdi>
        </span>
        <strong dir="auto">{title}</strong>
        {description && (
          <span class="about" dir="auto">
            {description}
          </span>
        )}
      </a>
      {onRemove && (
        <button
          type="button"
          class="round"
          data-testid="remove-preview"
          aria-label="Remove the preview"
          title="Remove the preview"
          onClick={onRemove}
        >
          <CloseIcon />
        </button>
      )}
    </div>
  );
}
