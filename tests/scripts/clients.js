// Clients of a room, made of the page's own modules. A test drives them by lines of JSON and ends their sockets itself.
import process from "node:process";
import { createInterface } from "node:readline";
import { load, openPage } from "./page.js";

openPage();
navigator.onLine = false; // a connection that the test cuts is no fault of a message
const clients = new Map();
const sockets = new Map();
const write = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
let current; // the client that opens a connection at this moment

class TestWebSocket {
  static OPEN = 1;

  constructor() {
    if (!current?.online) throw new Error("offline");
    this.readyState = 0;
    this.id = sockets.size + 1;
    sockets.set(this.id, this);
    write({ client: current.id, socket: this.id, type: "open" });
  }

  send(text) { write({ socket: this.id, type: "send", text }); }

  close() {
    this.readyState = 3;
    write({ socket: this.id, type: "close" });
  }
}
globalThis.WebSocket = TestWebSocket;

const { Socket } = await load("realtime/socket.js");
const { Outbox } = await load("chat/outbox.js");
const { Room } = await load("chat/room.js");

class ClientSocket extends Socket {
  openWebsocket() {
    current = clients.get(this.url);
    return super.openWebsocket();
  }
}

class Client {
  followed = null;

  constructor({ client, user, room }) {
    this.id = client;
    this.online = false;
    this.socket = new ClientSocket(client, user);
    this.room = new Room(room);
    this.outbox = new Outbox(this.socket, user);
    this.room.listen({ reset: () => this.room.tail.messages.forEach((state) => this.stored(state)),
      message: (state) => this.stored(state) });
    this.socket.addEventListener("state", () => this.report());
    this.outbox.addEventListener("change", () => this.report());
  }

  stored({ client_id }) { this.outbox.remove(client_id); }

  follow() {
    const held = this.followed;
    held?.close();
    this.followed = this.socket.follow(`room.${this.room.id}`, {
      snapshot: (snapshot) => this.room.snapshot(snapshot),
      event: (event) => { this.room.apply(event); this.report(); },
      caughtUp: () => this.report(),
    }, { log: true, after: held?.rev ?? null, epoch: held?.epoch ?? "" });
  }

  report() {
    const unsent = this.outbox.items.filter(({ state }) => state === "waiting" || state === "sending").length;
    const { ready, state } = this.socket;
    const rev = this.followed && !this.followed.pendingRequest ? this.followed.rev : null;
    write({ client: this.id, type: "state", live: ready && state === "live", rev, unsent });
  }

  content() {
    const { state, members, tail } = this.room;
    const sorted = [...members.values()].sort((one, other) => one.id - other.id);
    return { room: state, members: sorted, messages: tail.messages };
  }
}

const commands = {
  create: (line) => clients.set(line.client, new Client(line)),
  follow: ({ client }) => { clients.get(client).follow(); clients.get(client).report(); },
  online: ({ client }) => { clients.get(client).online = true; clients.get(client).socket.reconnectNow(); },
  offline: ({ client }) => { clients.get(client).online = false; },
  post: ({ client, body }) => { const { outbox, room } = clients.get(client); outbox.post(room.id, body); },
  content: ({ client, number }) => write({ type: "result", number, ok: clients.get(client).content() }),
  command: ({ client, number, name, fields }) => clients.get(client).socket.send(name, fields)
    .then((ok) => write({ type: "result", number, ok }), (error) => write({ type: "result", number, error })),
  opened: ({ socket }) => { sockets.get(socket).readyState = 1; },
  frame: ({ socket, text }) => sockets.get(socket).onmessage({ data: text }),
  closed({ socket, code }) {
    sockets.get(socket).readyState = 3;
    sockets.get(socket).onclose({ code });
  },
};

for await (const text of createInterface({ input: process.stdin })) {
  const line = JSON.parse(text);
  commands[line.do](line);
}
process.exit();
