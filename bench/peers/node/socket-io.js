// One room over the Redis adapter, as for several processes of socket.io. The package redis is the newest that runs on
// Node 18, which Debian 12 and Ubuntu 24.04 have.
import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";

const { PORT, REDIS_HOST, REDIS_PORT, REDIS_PASSWORD } = process.env;

const publisher = createClient({ socket: { host: REDIS_HOST, port: Number(REDIS_PORT) }, password: REDIS_PASSWORD });
const subscriber = publisher.duplicate();
publisher.on("error", console.error);
subscriber.on("error", console.error);
await Promise.all([publisher.connect(), subscriber.connect()]);

const server = createServer();
const io = new Server(server, {
  adapter: createAdapter(publisher, subscriber),
  transports: ["websocket"],
  perMessageDeflate: false,
  serveClient: false,
  // A client behind a long queue answers a ping late; that does not mean that it is gone.
  pingTimeout: 120_000,
});
// As socket.io's page on performance recommends: do not keep the request of the handshake.
io.engine.on("connection", (raw) => {
  raw.request = null;
});

io.on("connection", (socket) => {
  socket.join("lobby");
  socket.on("chat", (message) => io.to("lobby").emit("chat", message));
});

server.listen(Number(PORT), "127.0.0.1");
