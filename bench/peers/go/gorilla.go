// A bare hub on gorilla/websocket: each message goes unchanged to all sockets. Usage: gorilla PORT
//
// A frame is prepared once for all. As the library's documentation asks, each socket has one goroutine that reads and
// one that writes; a socket that is too far behind is closed.
package main

import (
	"log"
	"net/http"
	"os"
	"sync"

	"github.com/gorilla/websocket"
)

const queueLength = 4096 // frames that one socket may be behind

type hub struct {
	lock    sync.RWMutex
	sockets map[*websocket.Conn]chan *websocket.PreparedMessage
}

func (h *hub) enter(socket *websocket.Conn) chan *websocket.PreparedMessage {
	queue := make(chan *websocket.PreparedMessage, queueLength)
	h.lock.Lock()
	defer h.lock.Unlock()
	h.sockets[socket] = queue
	return queue
}

func (h *hub) leave(socket *websocket.Conn) {
	h.lock.Lock()
	defer h.lock.Unlock()
	close(h.sockets[socket])
	delete(h.sockets, socket)
}

func (h *hub) broadcast(text []byte) error {
	frame, err := websocket.NewPreparedMessage(websocket.TextMessage, text)
	if err != nil {
		return err
	}
	h.lock.RLock()
	defer h.lock.RUnlock()
	for socket, queue := range h.sockets {
		select {
		case queue <- frame:
		default:
			socket.Close() // its reader then ends and removes it
		}
	}
	return nil
}

func write(socket *websocket.Conn, queue <-chan *websocket.PreparedMessage) {
	for frame := range queue {
		if socket.WritePreparedMessage(frame) != nil {
			socket.Close()
		}
	}
}

func main() {
	room := &hub{sockets: map[*websocket.Conn]chan *websocket.PreparedMessage{}}
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	http.HandleFunc("/", func(response http.ResponseWriter, request *http.Request) {
		socket, err := upgrader.Upgrade(response, request, nil)
		if err != nil {
			return
		}
		defer socket.Close()
		go write(socket, room.enter(socket))
		defer room.leave(socket)
		for {
			_, text, err := socket.ReadMessage()
			if err != nil || room.broadcast(text) != nil {
				return
			}
		}
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
