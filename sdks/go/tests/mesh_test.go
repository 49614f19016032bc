package tests

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	mesh "github.com/net-mesh/go"
)

const psk = "0000000000000000000000000000000000000000000000000000000000000000"

// meshNode makes a node on a free port that ends with the test.
func meshNode(t testing.TB, change ...func(*mesh.MeshNodeConfig)) *mesh.MeshNode {
	t.Helper()
	config := mesh.MeshNodeConfig{BindAddr: "127.0.0.1:0", PSK: psk}
	for _, change := range change {
		change(&config)
	}
	node := check[*mesh.MeshNode](t)(mesh.MeshNodeCreate(t.Context(), config))
	t.Cleanup(func() { node.Close() })
	return node
}

// place of a node: its address, key and id.
func placeOf(t testing.TB, node *mesh.MeshNode) (string, mesh.PublicKey, mesh.NodeID) {
	t.Helper()
	return check[string](t)(node.LocalAddr()), check[mesh.PublicKey](t)(node.PublicKey()), check[mesh.NodeID](t)(node.NodeID())
}

func dial(t testing.TB, from, to *mesh.MeshNode) error {
	t.Helper()
	address, key, id := placeOf(t, to)
	return from.Connect(t.Context(), address, key, id)
}

func connected(t testing.TB) (from, to *mesh.MeshNode) {
	t.Helper()
	from, to = meshNode(t), meshNode(t)
	if err := dial(t, from, to); err != nil {
		t.Fatal(err)
	}
	check[string](t)(to.Accept(t.Context(), check[mesh.NodeID](t)(from.NodeID())))
	return from, to
}

func openStream(t testing.TB, from, to *mesh.MeshNode, id uint64, window uint64) *mesh.MeshStream {
	t.Helper()
	config := mesh.StreamConfig{StreamID: id, Reliability: mesh.ReliabilityReliable, WindowBytes: &window}
	_, _, peer := placeOf(t, to)
	return check[*mesh.MeshStream](t)(from.OpenStream(peer, config))
}

// until waits until something holds.
func until(t testing.TB, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("not in time")
		}
	}
}

func TestMessagesComeWithSenderStreamAndSequence(t *testing.T) {
	from, to := connected(t)
	events := check[*mesh.MeshEvents](t)(to.Receive(&mesh.ReceiveOptions{StreamID: mesh.Ptr[uint64](5)}))
	defer events.Close()
	stream := openStream(t, from, to, 5, 0)
	sent := [][]byte{{}, {0, 255}, make([]byte, 100_000)}
	if err := from.SendBlocking(t.Context(), stream, sent); err != nil {
		t.Fatal(err)
	}
	var got [][]byte
	for event, err := range events.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if event.Sender != check[mesh.NodeID](t)(from.NodeID()) || event.StreamID != 5 || event.Sequence != uint64(len(got)) {
			t.Error(event.Sender, event.StreamID, event.Sequence)
		}
		if got = append(got, event.Payload); len(got) == len(sent) {
			break
		}
	}
	if !slices.EqualFunc(got, sent, slices.Equal) {
		t.Error("other messages than were sent")
	}
}

func TestMeshFailuresHaveNames(t *testing.T) {
	ctx := t.Context()
	there := meshNode(t)
	from := meshNode(t, func(config *mesh.MeshNodeConfig) { config.ConnectTimeout = 300 * time.Millisecond })
	stranger := meshNode(t, func(config *mesh.MeshNodeConfig) { config.PSK = strings.Repeat("5a", 32) })
	address, key, id := placeOf(t, there)
	_, ownKey, _ := placeOf(t, from)
	_, err := mesh.MeshNodeCreate(ctx, mesh.MeshNodeConfig{BindAddr: address, PSK: psk})
	for _, failure := range []struct{ err, want error }{
		{from.Connect(ctx, freeAddress(t), key, id), mesh.ErrMeshNoAnswer},
		{from.Connect(ctx, address, ownKey, id), mesh.ErrMeshWrongKey},
		{from.Connect(ctx, address, key, 1), mesh.ErrMeshWrongIdentity},
		{stranger.Connect(ctx, address, key, id), mesh.ErrMeshWrongPSK},
		{err, mesh.ErrMeshAddressInUse},
	} {
		if !errors.Is(failure.err, failure.want) {
			t.Errorf("%v instead of %v", failure.err, failure.want)
		}
	}
}

func TestFullWindowAndLostPeerAreTold(t *testing.T) {
	ctx := t.Context()
	from, to := connected(t)
	stream := openStream(t, from, to, 1, 256)
	var err error
	for err == nil {
		err = from.SendOnStream(ctx, stream, [][]byte{make([]byte, 200)})
	}
	var told *mesh.StreamError
	if !errors.Is(err, mesh.ErrStreamWindowFull) || !errors.As(err, &told) || !told.Retry() {
		t.Error(err)
	}
	if err := to.Shutdown(ctx, nil); err != nil {
		t.Fatal(err)
	}
	until(t, func() bool { return check[uint32](t)(from.PeerCount()) == 0 })
	if err := from.SendOnStream(ctx, stream, [][]byte{{1}}); !errors.Is(err, mesh.ErrStreamNotConnected) {
		t.Error(err)
	}
	if _, err := to.Poll(ctx, 1); !errors.Is(err, mesh.ErrMeshShutDown) {
		t.Error(err)
	}
}

// sides are two ends of a bus that exchanges its events over the mesh: addresses and keys.
type sides struct {
	address [2]string
	keys    [2]mesh.NetKeypair
}

func (s *sides) config(t testing.TB, own int) *mesh.NetNodeConfig {
	t.Helper()
	var key mesh.PublicKey
	copy(key[:], check[[]byte](t)(hex.DecodeString(s.keys[1-own].PublicKey)))
	return &mesh.NetNodeConfig{Shards: mesh.Ptr[uint32](4), Transport: mesh.TransportMesh{
		Bind: s.address[own], Peer: s.address[1-own], PSK: psk,
		PeerPublicKey: &key, SecretKey: &s.keys[own].SecretKey,
		HeartbeatInterval: 50 * time.Millisecond, SessionTimeout: 500 * time.Millisecond,
	}}
}

func TestBusEventsReachAnotherProcessWhichComesBack(t *testing.T) {
	ctx := t.Context()
	var ends sides
	for end := range ends.keys {
		ends.address[end], ends.keys[end] = freeAddress(t), check[mesh.NetKeypair](t)(mesh.GenerateNetKeypair())
	}
	node := check[*mesh.NetNode](t)(mesh.NetNodeCreate(ctx, ends.config(t, 0)))
	t.Cleanup(func() { node.Close() })
	check[uint32](t)(node.EmitRawBatch(numbers(0, 500), nil))
	first, lines := ends.program(t)
	for _, number := range numbers(0, 500) {
		if line := lines(); line != number {
			t.Fatal(line, number)
		}
	}
	if err := node.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait()
	check[mesh.Receipt](t)(node.EmitRaw(`"again"`, nil))
	_, lines = ends.program(t)
	if line := lines(); line != `"again"` {
		t.Fatal(line)
	}
	if err := node.Flush(ctx); err != nil {
		t.Fatal(err)
	}
}

// program runs the other end in a process of its own, and gives the events that it prints.
func (s *sides) program(t testing.TB) (*exec.Cmd, func() string) {
	t.Helper()
	command := exec.Command(os.Args[0], "-test.run=^TestOtherEnd$")
	command.Env = append(os.Environ(), "NET_TEST_END="+strings.Join([]string{
		s.address[0], s.address[1], s.keys[0].PublicKey, s.keys[1].SecretKey,
	}, " "))
	command.Stderr = os.Stderr
	out := bufio.NewScanner(check[io.ReadCloser](t)(command.StdoutPipe()))
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Process.Kill(); _ = command.Wait() })
	return command, func() string { out.Scan(); return out.Text() }
}

// TestOtherEnd is the program of the other end; by itself it does nothing.
func TestOtherEnd(t *testing.T) {
	var ends sides
	given := os.Getenv("NET_TEST_END")
	if given == "" {
		return
	}
	_, err := fmt.Sscan(given, &ends.address[0], &ends.address[1], &ends.keys[0].PublicKey, &ends.keys[1].SecretKey)
	if err != nil {
		t.Fatal(err)
	}
	node := check[*mesh.NetNode](t)(mesh.NetNodeCreate(context.Background(), ends.config(t, 1)))
	for event, err := range check[*mesh.EventStream](t)(node.Subscribe(nil)).All(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(event.Raw)
	}
}

// freeAddress is an address of this machine with a UDP port that is free.
func freeAddress(t testing.TB) string {
	t.Helper()
	probe := check[net.PacketConn](t)(net.ListenPacket("udp", "127.0.0.1:0"))
	defer probe.Close()
	return probe.LocalAddr().String()
}

func TestNodesAreFoundAndWatched(t *testing.T) {
	from, to := connected(t)
	id := check[mesh.NodeID](t)(from.NodeID())
	caps := mesh.CapabilitySet{
		Hardware: &mesh.Hardware{GPU: &mesh.GPUInfo{Vendor: mesh.GPUVendorNvidia, VRAMGB: 80}},
		Tags:     []string{"edge"},
	}
	if err := from.AnnounceCapabilities(t.Context(), caps, nil); err != nil {
		t.Fatal(err)
	}
	changes := check[*mesh.CapabilityChanges](t)(to.WatchNodes(&mesh.CapabilityFilter{RequireTags: []string{"edge"}}, nil))
	seen := 0
	for change, err := range changes.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		switch seen++; seen {
		case 1:
			if change.NodeID != id || change.Capabilities.Hardware.GPU.VRAMGB != 80 {
				t.Fatalf("%+v", change)
			}
			vendor := mesh.GPUVendorNvidia
			found := check[[]mesh.NodeID](t)(to.FindNodes(&mesh.CapabilityFilter{GPUVendor: &vendor, MinVRAMMB: 40_000}))
			if !slices.Equal(found, []mesh.NodeID{id}) {
				t.Fatal(found)
			}
			if err := from.WithdrawCapabilities(t.Context()); err != nil {
				t.Fatal(err)
			}
			continue
		case 2:
			if change.NodeID != id || change.Capabilities != nil {
				t.Fatalf("%+v", change)
			}
		}
		break
	}
	if seen != 2 {
		t.Fatal(seen)
	}
	err := from.AnnounceCapabilities(t.Context(), mesh.CapabilitySet{Tags: []string{"heat:x"}}, nil)
	var refused *mesh.CapabilityError
	if !errors.As(err, &refused) || !errors.Is(err, mesh.ErrCapabilityReservedTag) {
		t.Fatal(err)
	}
}
