// Socket.IO's rooms, over WebSockets alone.
//
// The pattern is "Rooms" in the documentation of Socket.IO 4. permessage-deflate is off, as is its default; the `ws`
// beneath it switches TCP_NODELAY on.

import { createServer } from 'node:http';
import { Server } from 'socket.io';

const http = createServer();
const io = new Server(http, { transports: ['websocket'], perMessageDeflate: false, serveClient: false });

io.on('connection', (socket) => {
  socket.on('join', (room) => {
    socket.join(room);
    socket.emit('joined', room);
  });
  socket.on('say', ({ room, text }) => io.to(room).emit('say', { from: socket.id, text }));
});

http.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  console.log(JSON.stringify({ port: http.address().port }));
});
