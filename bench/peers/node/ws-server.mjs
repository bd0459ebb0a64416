// The chat that one would write with `ws`: a set of sockets for each room, the JSON of a message made once.
//
// The pattern is "Server broadcast" in the README of ws 8, with a set for each room. permessage-deflate is off, as is
// ws's default; ws switches TCP_NODELAY on by itself.

import { WebSocketServer, WebSocket } from 'ws';

const rooms = new Map();
const server = new WebSocketServer({
  host: '127.0.0.1',
  port: Number(process.env.PORT ?? 0),
  path: '/ws',
  perMessageDeflate: false,
});

server.on('listening', () => console.log(JSON.stringify({ port: server.address().port })));

server.on('connection', (socket, request) => {
  const place = new URL(request.url, 'ws://localhost').searchParams;
  const [user, own] = [place.get('user'), place.get('room')];
  if (!rooms.has(own)) rooms.set(own, new Set());
  rooms.get(own).add(socket);
  socket.on('error', () => {});
  socket.on('close', () => rooms.get(own).delete(socket));
  socket.on('message', (data) => {
    const { room, text } = JSON.parse(data);
    const heard = JSON.stringify({ room, from: user, text });
    for (const member of rooms.get(room) ?? []) {
      if (member.readyState === WebSocket.OPEN) member.send(heard);
    }
  });
});
