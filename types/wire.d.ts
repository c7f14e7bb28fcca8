// What the server sends to the scripts: the structs of docs/protocol.md and the JSON of pages and cards.

type Value = number | null; // null: nothing was measured

interface Reply {
  seq: number;
  author: number;
}

interface MessageState {
  id: number;
  seq: number;
  rev: number;
  author: number;
  at: string;
  client_id: string;
  html?: string;
  edited?: string | null;
  deleted?: boolean;
  urgent?: boolean;
  mentions?: number[];
  reactions?: Record<string, number[]>;
  reply?: Reply | null;
  card?: CardState | null;
  files?: FileState[];
  previews?: PreviewState[];
}

/** What a link of a message leads to. With a `width` there is a picture. */
interface PreviewState {
  id: string;
  url: string;
  site: string;
  title: string;
  text?: string;
  width?: number;
  height?: number;
  tiny?: string;
  is_picture?: boolean;
}

/** A message of this site that a link leads to. */
interface LinkedMessage {
  room: number;
  seq: number;
  room_name: string;
  author: string;
  at: string;
  text: string;
}

/** A file of a message. `tiny` is drawn until its picture is there. */
interface FileState {
  id: string;
  name: string;
  size: number;
  kind: "image" | "video" | "audio" | "pdf" | "text" | "other";
  type: string;
  width?: number;
  height?: number;
  seconds?: number;
  lines?: number;
  tiny?: string;
  state?: "working" | "ready" | "refused";
  reason?: "" | "broken" | "too_large";
}

/** A message that may not be stored yet. */
type MessageKey = { id?: number; seq?: number; client_id: string; files?: unknown[] };

interface MemberState {
  id: number;
  rev: number;
  name: string;
  handle: string;
  initials: string;
  colour: number;
  active?: boolean;
  bot?: boolean;
  deactivated?: boolean;
  picture?: string; // the digest
}

interface RoomState {
  id: number;
  rev: number;
  kind: string;
  name?: string;
  description?: string;
  archived?: boolean;
  large?: boolean; // the snapshot has only the members whom its messages name
}

interface RoomSnapshot {
  room: RoomState;
  members: MemberState[];
  messages: MessageState[];
  more: boolean;
}

interface HistoryPage {
  messages: MessageState[];
  members?: MemberState[]; // of a large room
  before: boolean;
  after: boolean;
}

/** A line of the sidebar. */
interface MyRoom {
  id: number;
  kind?: string;
  name?: string;
  people?: MemberState[];
  head?: number;
  last_read?: number;
  unread?: number;
  mentions?: number;
  archived?: boolean;
  favourite?: boolean;
  level?: "" | "all" | "mentions" | "nothing";
  muted_until?: number;
  notification?: NotificationState;
  gone?: boolean;
}

/** What a user is notified of. A tab that has shown this seq of the room, or a later one, shows it no more. */
interface NotificationState {
  seq: number;
  author: string;
  text?: string;
  urgent?: boolean;
}

/** A word after @ that names members by what they do, such as @oncall. */
interface RoleMention {
  word: string;
  label: string;
  users: number[];
}

interface MemberPage {
  members: MemberState[];
  after?: string;
  total?: number;
}

/** Whether the other person of a conversation is notified now. */
interface Availability {
  until?: number;
  off?: boolean;
}

/** An entry of the palette: a place, or an action. Rooms and what the page itself does have `act`. */
interface PaletteEntry {
  name: string;
  href?: string;
  hint?: string;
  words?: string;
  icon?: string;
  tone?: "" | "bad" | "warn";
  place?: string;
  now?: boolean;
  fields?: Record<string, string>;
  person?: [id: number, initials: string, colour: number, picture: string];
  act?(): void;
  kind?: string; // these two from its group
  label?: string;
  foldedName?: string; // these three by palette_matching.js
  foldedOther?: string;
  syllables?: string[];
}

interface PaletteGroup {
  kind: string;
  label: string;
  icon: string;
  entries: PaletteEntry[];
  search?: string;
}

interface Me {
  id: number;
  name: string;
  handle: string;
  initials: string;
  colour: number;
  role: string;
  rooms: MyRoom[];
  picture: string;
}

interface PageConfig {
  icon: string; // of notifications
  workspace: string;
  build: string; // the release
  service_worker: boolean;
  epoch: string;
  limit: number;
  first_steps: number; // the room that shows them, or 0
}

interface SlashCommand {
  name: string;
  usage: string;
  summary: string;
}

interface PresenceSnapshot {
  count: number;
  here: number[];
}

/** What a message carries in place of a text; each kind has fields of its own. */
interface CardState {
  kind: string;
  title?: string;
  [field: string]: any;
}

// Dashboards

interface Column {
  name: string;
  unit: string;
  source: string;
}

interface PanelLayout {
  title: string;
  note?: string;
  top?: Value;
  colour?: string;
  wide?: boolean;
  empty?: boolean;
}

interface BoardLayout {
  title: string;
  panels: PanelLayout[];
}

/** A panel as its editor saves it. */
interface PanelSpec extends PanelLayout {
  series: string[];
}

interface BoardSpec {
  title: string;
  panels: PanelSpec[];
  format?: number;
}

interface BoardSnapshot {
  layout: number;
  columns: Column[];
  panels: number[][];
  t: number[];
  v: Value[][];
  shown?: BoardLayout | null;
}

interface BoardHistory {
  layout: number;
  columns: Column[];
  panels: number[][];
  step: number;
  t: number[];
  mean: Value[][];
  low?: Value[][];
  high?: Value[][];
  shown?: BoardLayout | null;
}

interface Tick {
  t: number;
  layout: number;
  v?: Value[] | null;
}

/** A pinned message or an alert on the time axis. */
interface Mark {
  at: number;
  kind: "pin" | "alert";
  name: string;
  text: string;
  room: number;
  seq?: number | null;
  severity?: string;
}

interface DockableBoard {
  key: string;
  title: string;
  here?: boolean;
}

interface SourceSeries {
  key: string;
  title: string;
  series: [name: string, unit: string][];
}

interface ChartCardState {
  title: string;
  columns: (Column & { least: number; most: number })[];
  start: number;
  step: number;
  v: Value[][];
  range: number;
  end: number;
  board: string;
  low?: Value[];
  high?: Value[];
  top?: Value;
  colour?: string;
  total?: number;
}

// Alerts

interface AlertLine {
  name: string;
  since: number;
  value?: Value;
  unit?: string;
  words?: string;
  ended?: number | null;
  gone?: boolean;
  severity?: string;
}

interface AlertPicture {
  t?: number[];
  v?: Value[];
  comparison?: string;
  threshold?: Value;
  at?: number;
}

interface AlertState {
  alert: number;
  title: string;
  severity: string;
  state: "firing" | "acknowledged" | "silenced" | "held" | "resolved";
  began: number;
  sentence: string;
  lines?: AlertLine[];
  firing?: number;
  total?: number;
  picture?: AlertPicture | null;
  ended?: number | null;
  gone?: boolean;
  by?: number | null;
  name?: string;
  words?: string;
  until?: number | null;
  ends?: boolean;
  behind?: string;
  children?: number;
  children_firing?: number;
  open?: string;
  runbook?: string;
  reopened?: number;
  closed?: string;
}

interface RulePreview {
  series: number;
  count: number;
  over: string;
  steps: string;
  fired: FiredSeries[];
  seconds_fired: number;
  nearest: { name: string; text: string; met: boolean | null }[];
  picture: RulePicture;
}

interface FiredSeries {
  name: string;
  began: number;
  ended: number | null;
}

interface RulePicture {
  name: string;
  t: number[];
  v: Value[];
  threshold: number;
  fired: [began: number, ended: number | null][];
}

// Checks

interface OutageState {
  check: string;
  name: string;
  since: number;
  said?: string;
  ended?: number | null;
}

interface ResponseTimes {
  start: number;
  end: number;
  t: number[];
  mean: Value[];
  high: Value[];
  down: [from: number, to: number][];
}

interface ProbeState {
  run: number;
  probe: string;
  target: string;
  status: "queued" | "running" | "done" | "stopped" | "lost" | "refused";
  by: number;
  ok?: boolean | null;
  said?: string;
  seconds?: Value;
  numbers?: Record<string, number>;
}

interface ShiftOfferState {
  kind: "shift_offer";
  offer: number;
  schedule: string;
  page: string;
  by: number;
  name: string;
  begins: number;
  ends: number;
  closed?: boolean;
  taker?: string;
}

interface RunState {
  run: number;
  command: string;
  status: ProbeState["status"];
  by: number;
  at: string;
  ok?: boolean | null;
  said?: string;
  exit_code?: number | null;
  signal?: string;
  timed_out?: boolean;
  truncated?: boolean;
  seconds?: Value;
  lines?: [stream: number, text: string][];
  before?: number;
  members?: boolean;
}

// Status page

type IncidentStep = "investigating" | "identified" | "monitoring" | "resolved";

interface IncidentUpdate {
  state: IncidentStep;
  text?: string;
  at: string;
  waits?: boolean;
}

interface IncidentState {
  incident: number;
  title: string;
  state: IncidentStep;
  impact: string;
  started: string;
  ended?: string | null;
  published?: boolean;
  parts?: string[];
  said?: IncidentUpdate[];
  publishers?: number[];
}
