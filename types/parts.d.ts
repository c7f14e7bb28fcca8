// The parts that modules hand to each other.

type Socket = import("../realtime/static/realtime/socket.js").Socket;
type CommandError = import("../realtime/static/realtime/socket.js").CommandError;
type StreamEvent = import("../realtime/static/realtime/socket.js").StreamEvent;
type Follow = import("../realtime/static/realtime/follow.js").Follow;
type ApiError = import("../myweb/static/myweb/api.js").ApiError;

type Room = import("../chat/static/chat/room.js").Room;
type Timeline = import("../chat/static/chat/timeline.js").Timeline;
type Composer = import("../chat/static/chat/composer.js").Composer;
type Upload = import("../chat/static/chat/upload.js").Upload;
type Uploads = import("../chat/static/chat/uploads.js").Uploads;
type Outbox = import("../chat/static/chat/outbox.js").Outbox;
type RoleMentions = import("../chat/static/chat/role_mentions.js").RoleMentions;
type Sidebar = import("../chat/static/chat/sidebar.js").Sidebar;
type Presence = import("../chat/static/chat/presence.js").Presence;
type MessageActions = import("../chat/static/chat/message_actions.js").MessageActions;
type MessageAction = import("../chat/static/chat/room_page.js").MessageAction;

/** Someone with a picture: a user, a member, a bot. */
type Person = { id: number; name: string; initials: string; colour: number; picture?: string; bot?: boolean };

/** A message on its way; see outbox.js. */
interface OutboxItem {
  client_id: string;
  user: number;
  room: number;
  body: string;
  reply?: Reply | null;
  at: number; // ms
  state: "waiting" | "sending" | "sent" | "failed";
  text: string;
  tries: number;
  lost: number;
  pending: boolean;
  tried?: boolean;
  files?: PendingFile[];
  id?: number; // of the stored message
  seq?: number;
}

/** A file of a message on its way; its bytes are in uploads.js. */
interface PendingFile {
  id: string;
  name: string;
  size: number;
}

/** What is stored of a file that is being uploaded. */
interface UploadRecord extends PendingFile {
  user: number;
  tab: string;
  room: number;
  at: number; // ms
  url: string; // of the upload on the server; "" before it was begun
  asIs?: boolean; // sent unchanged
}

/** What decides about the lines above a message and about its head. */
type MessageHead = Pick<MessageState, "author" | "at"> & Partial<MessageState>;

/** An unsaved change of a message; see edits.js. */
interface Edit {
  message: MessageKey;
  body: string;
}

interface MessageChange extends Edit {
  room: Room;
}

/** What the page gives to cards. */
interface CardHost {
  socket: Socket;
  showToast(text: string): void;
  reply(message: MessageState): void;
  redraw(kind: string): void;
}

interface CardContext {
  socket: Socket;
  room: Room;
  message: MessageState;
  me: Me;
  showToast(text: string): void;
  reply(): void;
}

type DrawCard<State> = (state: State, place: HTMLElement, context: CardContext) => void;

/** An entry of a list of suggestions. */
interface Suggestion {
  mark: Node | string;
  name: string;
  hint: string;
  text: string;
  usage?: string;
}

interface PresenceState {
  count: number;
  here: Set<number>;
  known: boolean;
}

/** Coloured code: class and text of each piece. */
type CodeRun = [name: string, text: string];

// Dashboards

type Feed = import("../monitor/dashboards/static/dashboards/feed.js").Feed;
type Panel = import("../monitor/dashboards/static/dashboards/panel.js").Panel;
type Marks = import("../monitor/dashboards/static/dashboards/marks.js").Marks;
type Draft = import("../monitor/dashboards/static/dashboards/draft.js").Draft;

/** A series of a panel. */
interface Series {
  id: string;
  name: string;
  unit: string;
}

interface SeriesValues {
  mean: Value[];
  low: Value[];
  high: Value[];
}

/** What panels draw: a Feed or a SeriesHistory. */
interface SeriesView {
  readonly range: [from: number, to: number];
  readonly span: string | number[];
  readonly t: number[];
  readonly version: number;
  valuesOf(id: string): SeriesValues | undefined;
}

type OnLayout = (layout: number, columns: Column[], indices: number[][], shown?: BoardLayout | null) => void;

interface FeedListener {
  onLayout: OnLayout;
  onTick(tick: Tick): void;
  onPinned?(): void;
  onClosed?(): void;
}

interface HistoryListener {
  onLayout: OnLayout;
  onValues(): void;
  onState(): void;
}

/** A range of a dashboard: up to now, or from one moment to another. */
interface TimeRange {
  name?: string | null;
  seconds: number | null;
  from?: number;
  to?: number;
}

interface PanelCallbacks {
  zoom(from: number, to: number): void;
  requestDraw(): void;
  marks?: Marks | null;
}

/** The values of a chart card, as posted or as they are now. */
interface ChartValues {
  times: number[];
  values: Value[][];
  low?: Value[];
  high?: Value[];
  least: number;
  most: number;
  from: number;
  to: number;
  newest: Value[];
}

/** A chart of uPlot. */
type Chart = any;

interface SparklineOptions {
  from: number;
  to: number;
  low: number;
  high: number;
  label: string;
  floor?: number;
}

interface SeriesGroup {
  title: string;
  names: { full: string; name: string; unit: string }[];
}

/** What stands beside a room, as the browser keeps it. */
interface DockState {
  key: string | null;
  open: boolean;
}

interface DockCallbacks {
  socket: Socket;
  close(): void;
  choose(button: HTMLElement): void;
  onGone(): void;
}

interface MarkLink {
  mark: Mark;
  element: HTMLAnchorElement;
}

/** The links to marks on one chart. */
interface MarkLayer {
  version: number;
  element: HTMLElement;
  links: MarkLink[];
}

interface PreviewCallbacks {
  post(text: string): Promise<BoardSnapshot>;
  dress(figure: HTMLElement, panel: PanelSpec): HTMLElement;
  report(problem: string): void;
}

/** A dashboard of a wall. */
interface WallBoard {
  key: string;
  panels: { top?: Value }[];
}

// Rooms

interface PresenceEntry {
  state: PresenceState;
  follow: Follow | null;
}

// Alerts

/** A form of an alert's card that is being filled in. */
interface OpenForm {
  verb: "acknowledge" | "silence";
  words: string;
  focus: boolean;
}

/** What the shell gives to the palette. */
interface ShellParts {
  page: PageActions;
  recents: import("../chat/static/chat/recents.js").Recents;
  sidebar: Sidebar;
}

/** What the shell asks of the page in it. */
interface PageActions {
  name: string;
  goToRoom(id: number): void;
  openDirect(person: number): void;
  stepRoom(by: number): void;
  markRead(): void;
  toggleFavourite(): void;
}
