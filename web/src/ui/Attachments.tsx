import type { Attachment, Message } from "@confab/chat";
import { useEffect, useState } from "preact/hooks";
import { clockText } from "../core/time";
import { sizeText } from "../core/upload";
import { useChat } from "./context";
import { Dialog } from "./Dialog";

/** The files of a message. */
export function Attachments({ message }: { message: Message }) {
  if (!message.attachments?.length || message.deletedAt) return null;
  return (
    <ul class="attachments" aria-label="Attachments">
      {message.attachments.map((one) => (
        <li key={one.id} data-testid="attachment">
          <One roomId={message.roomId} attachment={one} stored={message.seq > 0} />
        </li>
      ))}
    </ul>
  );
}

function One({ roomId, attachment, stored }: { roomId: string; attachment: Attachment; stored: boolean }) {
  const { type, width, height } = attachment;
  if (type.startsWith("image/") && width && height)
    return <Picture roomId={roomId} attachment={attachment} stored={stored} />;
  if (type.startsWith("audio/")) return <Sound roomId={roomId} attachment={attachment} stored={stored} />;
  return <Download roomId={roomId} attachment={attachment} />;
}

/** The address of a file, as soon as it is known. */
function useLink(roomId: string, id: string, wanted: boolean): string | null {
  const { files } = useChat();
  const [link, setLink] = useState<string | null>(null);
  useEffect(() => {
    let current = true;
    if (wanted) void files.link(roomId, id).then((url) => current && setLink(url));
    return () => {
      current = false;
    };
  }, [files, roomId, id, wanted]);
  return link;
}

interface Props {
  roomId: string;
  attachment: Attachment;
  stored: boolean;
}

/** A picture in the size that it will have, before it is there. It opens large. */
function Picture({ roomId, attachment, stored }: Props) {
  const { id, name, width = 1, height = 1, thumbnail } = attachment;
  const [open, setOpen] = useState(false);
  const link = useLink(roomId, thumbnail ?? id, stored);
  const scale = Math.min(1, 320 / width, 240 / height);
  const size = { width: Math.max(24, Math.round(width * scale)), height: Math.max(24, Math.round(height * scale)) };
  return (
    <>
      <button
        type="button"
        class="picture"
        data-testid="picture"
        aria-label={`Show ${name}`}
        onClick={() => setOpen(true)}
      >
        {link ? <img src={link} alt={name} {...size} /> : <svg class="placeholder" aria-hidden="true" {...size} />}
      </button>
      {open && <Lightbox roomId={roomId} attachment={attachment} onClose={() => setOpen(false)} />}
    </>
  );
}

function Lightbox({ roomId, attachment, onClose }: { roomId: string; attachment: Attachment; onClose: () => void }) {
  const link = useLink(roomId, attachment.id, true);
  return (
    <Dialog title={attachment.name} onClose={onClose}>
      <div class="lightbox" data-testid="lightbox">
        {link && <img src={link} alt={attachment.name} width={attachment.width} height={attachment.height} />}
      </div>
      <Download roomId={roomId} attachment={attachment} />
    </Dialog>
  );
}

function Sound({ roomId, attachment, stored }: Props) {
  const link = useLink(roomId, attachment.id, stored);
  const { duration, name } = attachment;
  return (
    <span class="sound">
      <audio controls preload="none" aria-label={name} data-testid="sound" {...(link && { src: link })} />
      {/* Sounds that browsers record do not say how long they are. */}
      {duration && <span class="quiet">{clockText(duration)}</span>}
    </span>
  );
}

/** A file that is downloaded. Its address is asked for when it is used, because it ends soon. */
function Download({ roomId, attachment }: { roomId: string; attachment: Attachment }) {
  const { files, toast } = useChat();
  const { id, name, size } = attachment;
  async function download() {
    const url = await files.link(roomId, id);
    if (!url) return toast.show("This file cannot be read now.");
    location.assign(url); // a download, which leaves the page where it is
  }
  return (
    <button type="button" class="file" data-testid="download" onClick={() => void download()}>
      <span class="name">{name}</span> <span class="quiet">{sizeText(size)}</span>
    </button>
  );
}
