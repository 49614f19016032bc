package tests

import (
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"testing"
	"time"
)

// patience is for what never comes: a test that waits this long has failed.
const patience = 30 * time.Second

// server is a process that listens on a free port of this machine and keeps its files in a folder of the test.
type server struct {
	t       testing.TB
	port    int
	program string
	args    []string
	folder  string
	running *exec.Cmd
}

// startRedis starts a Redis server that keeps nothing on disk and ends with the test.
func startRedis(t testing.TB, more ...string) *server {
	t.Helper()
	port := freePort(t)
	args := []string{"--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--save", "", "--appendonly", "no"}
	started := &server{t: t, port: port, program: "redis-server", args: append(args, more...)}
	started.start()
	t.Cleanup(started.kill)
	return started
}

// startDurableRedis starts a Redis server that loses nothing of what it has acknowledged.
func startDurableRedis(t testing.TB) *server {
	return startRedis(t, "--appendonly", "yes", "--appendfsync", "always")
}

// startNats starts a NATS server with JetStream that ends with the test.
func startNats(t testing.TB) *server {
	t.Helper()
	port := freePort(t)
	args := []string{"-a", "127.0.0.1", "-p", strconv.Itoa(port), "-js", "-sd", "."}
	started := &server{t: t, port: port, program: "nats-server", args: args}
	started.start()
	t.Cleanup(started.kill)
	return started
}

func (s *server) address() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

// start starts the process and waits until it listens.
func (s *server) start() {
	s.t.Helper()
	command := exec.Command(s.program, s.args...)
	if s.folder == "" {
		s.folder = s.t.TempDir()
	}
	command.Dir = s.folder
	if err := command.Start(); err != nil {
		s.t.Fatalf("%v; install it: apt-get install %s", err, s.program)
	}
	s.running = command
	for begun := time.Now(); ; time.Sleep(time.Millisecond) {
		connection, err := net.Dial("tcp", s.address())
		if err == nil {
			connection.Close()
			return
		}
		if time.Since(begun) > patience {
			s.t.Fatalf("%s does not listen: %v", s.program, err)
		}
	}
}

// kill ends the process at once.
func (s *server) kill() {
	if s.running != nil {
		s.running.Process.Kill()
		s.running.Wait()
		s.running = nil
	}
}

func freePort(t testing.TB) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
