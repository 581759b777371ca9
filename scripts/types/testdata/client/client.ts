// A client of the whiteboard: what must compile, and what must not. Nothing runs it.
import { io, type Socket } from "socket.io-client";
import {
  type Binary,
  type BoardStatus,
  type BoardsClientToServer,
  type BoardsServerToClient,
  type ClientToServer,
  type Colour,
  type DescribedClientToServer,
  type DescribedServerToClient,
  type GameClassicClientToServer,
  type GameClassicServerToClient,
  type HttpRoute,
  isRefused,
  type PageStroke,
  type Point,
  type Refused,
  type ServerToClient,
  type Stroke,
} from "./whiteboard.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>) => {};

const root: Socket<ServerToClient, ClientToServer> = io();
const boards: Socket<BoardsServerToClient, BoardsClientToServer> = io("/boards");
const game: Socket<GameClassicServerToClient, GameClassicClientToServer> = io("/game/classic");
const pair: Socket<DescribedServerToClient, DescribedClientToServer> = io("/pairs/1");

const stroke: Stroke = {
  board: "a",
  id: "1",
  at: new Date().toISOString(),
  points: [[1, 2]],
  colour: "red",
  width: 1.5,
  version: "7",
  weights: { green: 1 },
  any: { x: null },
  children: [],
  size: { Width: 1, "is-tall": false },
  may: 3,
  fade: 1_000_000,
  label: null,
  picture: new Uint8Array(3),
};
// @ts-expect-error: it needs its points
export const without: Stroke = { ...stroke, points: undefined };
// @ts-expect-error: there is no such colour
export const blue: Colour = "blue";
// @ts-expect-error: a point has two coordinates
export const point: Point = [1, 2, 3];
// @ts-expect-error: there is no such layer
stroke.layer = 2;
// @ts-expect-error: the field is not in JSON
stroke.Secret;

export async function ask(): Promise<void> {
  const hello = await root.emitWithAck("hello", "Ada");
  same<typeof hello, string | Refused>(true);
  if (isRefused(hello)) same<typeof hello, Refused>(true);
  else same<typeof hello, string>(true);
  same<number | Refused, Awaited<ReturnType<typeof count>>>(true);
  // @ts-expect-error: a name is a text
  root.emitWithAck("hello", 7);
  // @ts-expect-error: there is no such event
  root.emitWithAck("helo", "Ada");
  // @ts-expect-error: the event is one of another namespace
  root.emitWithAck("draw", stroke);
  root.emit("legacy", 1, "two", () => {});
  root.emit("join", "Ada", [1], (name: string, places: number) => name.repeat(places));
  // @ts-expect-error: places are numbers
  root.emit("join", "Ada", ["1"]);

  const drawn = await boards.emitWithAck("draw", stroke);
  same<typeof drawn, Stroke | Refused<"banned" | "closed" | "full">>(true);
  if (isRefused(drawn)) {
    if (drawn.error.code === "full" || drawn.error.code === "too_large") drawn.error.message.trim();
    // @ts-expect-error: no handler refuses so
    if (drawn.error.code === "fulll") drawn.error.message.trim();
  } else {
    // @ts-expect-error: an empty list is null
    drawn.points.length;
    same<typeof drawn.points, Point[] | null>(true);
    same<typeof drawn.label, string | null | undefined>(true);
    same<typeof drawn.layer, 0 | 1 | undefined>(true);
  }
  // @ts-expect-error: it may be a refusal
  drawn.points;
  boards.timeout(5000).emit("draw", stroke, (error, answer) => {
    same<typeof error, Error>(true);
    same<typeof answer, typeof drawn>(true);
  });
  // @ts-expect-error: an event that is answered needs a callback
  boards.emit("draw", stroke);
  // @ts-expect-error: the stroke is missing
  boards.emit("draw", () => {});

  boards.emit("typing");
  boards.emit("typing", (refused) => same<typeof refused, Refused<"banned"> | undefined>(true));
  // @ts-expect-error: it has no argument
  boards.emit("typing", "Ada");
  boards.emit("clear board", "a");
  boards.timeout(100).emit("clear board", "a", (error, refused) => {
    same<typeof error, Error>(true);
    same<typeof refused, Refused<"banned"> | undefined>(true);
  });
  // @ts-expect-error: it has one argument
  boards.emit("clear board", "a", "b");
  // @ts-expect-error: the board is missing
  boards.emit("clear board");
  await boards.emitWithAck("clear board", "a");

  boards.emit("strokes", "a", (page) => {
    if (page === null || isRefused(page)) return;
    same<typeof page, PageStroke>(true);
    for (const s of page.items ?? []) same<typeof s, Stroke>(true);
    // @ts-expect-error: the last page has no next one
    page.next.length;
  });
  boards.emit("trees", [[], [[]]], (trees) => trees !== null && !isRefused(trees) && trees.a?.[0]?.[0]?.length);

  const move = await game.emitWithAck("move", { X: 1, Y: 2, previous: { X: 0, Y: 0 } });
  if (!isRefused(move)) move.players?.ada?.best?.previous?.previous?.X.toFixed();
  // @ts-expect-error: a coordinate is missing
  game.emitWithAck("move", { X: 1 });
  pair.emit("whatever", 1, 2, 3);
}

const count = () => root.emitWithAck("count");

export function listen(): void {
  root.on("message", (farewell, times) => farewell.repeat(times));
  root.on("tick", (at) => Date.parse(at));
  root.on("welcome", (drinks) => drinks?.join());
  // @ts-expect-error: there is no such event
  root.on("tock", () => {});
  boards.on("drawn", (s) => same<typeof s, Stroke>(true));
  boards.on("cleared", (board, layer) => [board.length, layer === 1]);
  boards.on("ready?", (colour, ack) => ack({ ready: colour === "red" }));
  // @ts-expect-error: the answer is an object
  boards.on("ready?", (_, ack) => ack(true));
  boards.on("sure?", (ack) => ack(true));
  boards.on("look", (status, ack) => {
    same<typeof status, BoardStatus>(true);
    ack(new Date().toISOString());
  });
  game.on("status", (status, rating) => {
    if (typeof status === "string") status.trim();
    else status.turn.toFixed();
    same<typeof rating, number | undefined>(true);
  });
  game.on("seated", (number, score) => {
    same<typeof number, number>(true);
    same<typeof score, [number, number]>(true);
  });
  pair.on("echo", (...args) => args.length);
}

export const bytes = (data: Binary) => new Uint8Array(data).length;
export const route: HttpRoute = "DELETE /boards/{id}";
// @ts-expect-error: there is no such route
export const noRoute: HttpRoute = "POST /boards/{id}";
