import { Component } from "preact";
import { MessageRow, type Props as RowProps } from "./MessageRow";

interface Props extends RowProps {
  rowKey: string;
  /** Where the row stands when it is outside of what is shown, in pixels. */
  keptAt?: number | undefined;
}

/** A row of the message list. It is rendered again only when something of it has changed. */
export class ListRow extends Component<Props> {
  override shouldComponentUpdate(next: Props): boolean {
    const { props } = this;
    return (Object.keys(next) as (keyof Props)[]).some((name) => next[name] !== props[name]);
  }

  render({ rowKey, keptAt, ...message }: Props) {
    const kept = keptAt !== undefined;
    return (
      <div class={kept ? "row kept" : "row"} data-key={rowKey} style={{ top: kept ? `${keptAt}px` : "" }}>
        <MessageRow {...message} />
      </div>
    );
  }
}
