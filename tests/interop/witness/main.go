// A client of fundledger-witness that shares no code with this project: a log in Go, on sumdb/note and sumdb/tlog
// as Debian packages them, that has its checkpoints cosigned and tries every status code of the protocol.
//
//	go run main.go --bin DIRECTORY
package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const witnessName = "interop.example/witness"

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "FAILED:", err)
		panic(err)
	}
}

func expect(what string, good bool, details ...interface{}) {
	if !good {
		check(fmt.Errorf("%s: %v", what, details))
	}
	checks++
}

var checks int

// A log of records "record 0", "record 1", …, other from `fork` on.
type testLog struct {
	origin string
	signer note.Signer
	vkey   string
	hashes []tlog.Hash
	size   int64
}

func newLog(origin string, signer note.Signer, vkey string, fork int, size int64) *testLog {
	l := &testLog{origin: origin, signer: signer, vkey: vkey}
	for ; l.size < size; l.size++ {
		record := fmt.Sprintf("record %d", l.size)
		if int(l.size) >= fork {
			record = "fork of " + record
		}
		added, err := tlog.StoredHashes(l.size, []byte(record), l)
		check(err)
		l.hashes = append(l.hashes, added...)
	}
	return l
}

func (l *testLog) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var read []tlog.Hash
	for _, i := range indexes {
		read = append(read, l.hashes[i])
	}
	return read, nil
}

func (l *testLog) text(size int64) string {
	root := tlog.Hash(sha256.Sum256(nil))
	if size > 0 {
		var err error
		root, err = tlog.TreeHash(size, l)
		check(err)
	}
	return fmt.Sprintf("%s\n%d\n%s\n", l.origin, size, base64.StdEncoding.EncodeToString(root[:]))
}

func (l *testLog) checkpoint(size int64) string {
	signed, err := note.Sign(&note.Note{Text: l.text(size)}, l.signer)
	check(err)
	return string(signed)
}

func (l *testLog) proof(from, to int64) tlog.TreeProof {
	if from == 0 || from >= to {
		return nil
	}
	proof, err := tlog.ProveTree(to, from, l)
	check(err)
	return proof
}

func request(old int64, proof tlog.TreeProof, checkpoint string) string {
	body := fmt.Sprintf("old %d\n", old)
	for _, h := range proof {
		body += base64.StdEncoding.EncodeToString(h[:]) + "\n"
	}
	return body + "\n" + checkpoint
}

// A cosignature/v1 key as a verifier of sumdb/note.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
	time int64 // of the last that verified
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }
func (c *cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 72 {
		return false
	}
	seconds := binary.BigEndian.Uint64(sig)
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", seconds, msg)
	if !ed25519.Verify(c.key, []byte(signed), sig[8:]) {
		return false
	}
	c.time = int64(seconds)
	return true
}

func parseCosigner(vkey string) *cosigner {
	parts := strings.SplitN(vkey, "+", 3)
	key, err := base64.StdEncoding.DecodeString(parts[2])
	check(err)
	expect("the witness's key is of type 04", len(key) == 33 && key[0] == 4, vkey)
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	expect("its key id is right", hex.EncodeToString(sum[:4]) == parts[1], vkey)
	return &cosigner{name: parts[0], hash: binary.BigEndian.Uint32(sum[:4]), key: key[1:]}
}

type witness struct {
	bin, dir, url string
	process       *exec.Cmd
	key           *cosigner
}

func (w *witness) start() {
	endpoints := filepath.Join(w.dir, "endpoints.json")
	os.Remove(endpoints)
	w.process = exec.Command(filepath.Join(w.bin, "fundledger-witness"), "--config", filepath.Join(w.dir, "w/witness.toml"),
		"--listen", "127.0.0.1:0", "--endpoints-file", endpoints)
	w.process.Stderr = os.Stderr
	check(w.process.Start())
	ended := make(chan error, 1)
	go func() { ended <- w.process.Wait() }()
	for {
		if text, err := os.ReadFile(endpoints); err == nil {
			var read map[string]string
			check(json.Unmarshal(text, &read))
			w.url = "http://" + read["http"]
			return
		}
		select {
		case err := <-ended:
			check(fmt.Errorf("the witness ended: %v", err))
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (w *witness) stop(signal syscall.Signal) {
	check(w.process.Process.Signal(signal))
	// Waited for by the goroutine of start; gone once its port is closed.
	for {
		if _, err := http.Get(w.url + "/"); err != nil {
			return
		}
	}
}

func (w *witness) post(body string) (int, string, string) {
	answer, err := http.Post(w.url+"/add-checkpoint", "text/plain", strings.NewReader(body))
	check(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	check(err)
	return answer.StatusCode, answer.Header.Get("Content-Type"), string(text)
}

func (w *witness) expectStatus(what, body string, status int) {
	got, _, text := w.post(body)
	expect(what, got == status, got, text)
}

func (w *witness) expectConflict(what, body string, size int64) {
	status, kind, text := w.post(body)
	expect(what, status == 409 && kind == "text/x.tlog.size" && text == strconv.FormatInt(size, 10)+"\n", status, kind, text)
}

// What the protocol tells a client to do with an answer: put it behind the checkpoint and open the note.
func (w *witness) expectCosigned(l *testLog, from, to int64) {
	status, _, text := w.post(request(from, l.proof(from, to), l.checkpoint(to)))
	expect("cosigned", status == 200, from, to, status, text)
	logVerifier, err := note.NewVerifier(l.vkey)
	check(err)
	opened, err := note.Open([]byte(l.checkpoint(to)+text), note.VerifierList(logVerifier, w.key))
	check(err)
	expect("signed by both", len(opened.Sigs) == 2 && len(opened.UnverifiedSigs) == 0, text)
	now := time.Now().Unix()
	expect("at this time", w.key.time >= now-60 && w.key.time <= now+60, w.key.time)

	sum := sha256.Sum256([]byte(l.origin))
	answer, err := http.Get(w.url + "/" + hex.EncodeToString(sum[:]) + "/checkpoint")
	check(err)
	defer answer.Body.Close()
	latest, err := io.ReadAll(answer.Body)
	check(err)
	reopened, err := note.Open(latest, note.VerifierList(logVerifier, w.key))
	check(err)
	expect("the latest is that", reopened.Text == l.text(to), string(latest))
	// Spoiled anywhere in text, time or signature, the client does not believe it.
	line := len(l.checkpoint(to))
	for i := 0; i < len(latest); i += 7 {
		spoiled := append([]byte(nil), latest...)
		spoiled[i] ^= 1
		if i >= len(l.text(to)) && i < line {
			continue
		}
		good, err := note.Open(spoiled, note.VerifierList(w.key))
		expect("a spoiled note is refused", err != nil || len(good.Sigs) == 0, i)
	}
}

func run() {
	bin := flag.String("bin", "", "directory of the programs")
	flag.Parse()
	dir, err := os.MkdirTemp("", "interop-witness-")
	check(err)
	defer os.RemoveAll(dir)

	skey, vkey, err := note.GenerateKey(rand.Reader, "interop.example/log")
	check(err)
	signer, err := note.NewSigner(skey)
	check(err)
	log := newLog("interop.example/log", signer, vkey, 1<<30, 600)
	fork := newLog("interop.example/log", signer, vkey, 20, 600)
	otherKey, otherVkey, err := note.GenerateKey(rand.Reader, "interop.example/log")
	check(err)
	otherSigner, err := note.NewSigner(otherKey)
	check(err)
	stranger := newLog("interop.example/log", otherSigner, otherVkey, 1<<30, 10)
	unknownKey, unknownVkey, err := note.GenerateKey(rand.Reader, "interop.example/unknown")
	check(err)
	unknownSigner, err := note.NewSigner(unknownKey)
	check(err)
	unknown := newLog("interop.example/unknown", unknownSigner, unknownVkey, 1<<30, 10)

	out, err := exec.Command(filepath.Join(*bin, "fundledger-witness"), "init", filepath.Join(dir, "w"), "--name", witnessName,
		"--log", vkey, "--plain-key").Output()
	check(err)
	line := strings.SplitN(string(out), "\n", 2)[0]
	w := &witness{bin: *bin, dir: dir, key: parseCosigner(strings.TrimPrefix(line, "verifier key: "))}
	w.start()
	defer func() {
		if w.process.Process != nil {
			w.process.Process.Kill()
		}
	}()

	w.expectStatus("400 without form", "nonsense\n", 400)
	w.expectStatus("400 old over size", request(6, nil, log.checkpoint(5)), 400)
	w.expectStatus("403 of another key", request(0, nil, stranger.checkpoint(5)), 403)
	w.expectStatus("404 of an unknown log", request(0, nil, unknown.checkpoint(5)), 404)
	w.expectConflict("409 before the first", request(3, log.proof(3, 5), log.checkpoint(5)), 0)
	w.expectStatus("422 with a proof from nothing", request(0, log.proof(3, 5), log.checkpoint(5)), 422)

	size := int64(0)
	for _, next := range []int64{0, 1, 2, 3, 7, 8, 8, 20, 21, 255, 256, 257, 511, 513, 600} {
		w.expectCosigned(log, size, next)
		size = next
		if size == 21 {
			w.stop(syscall.SIGKILL)
			w.start()
		}
		if size > 0 {
			w.expectConflict("409 again from nothing", request(0, nil, log.checkpoint(size)), size)
			w.expectStatus("422 with a proof too much", request(size, tlog.TreeProof{tlog.Hash{}}, log.checkpoint(size)), 422)
		}
		if size > 20 {
			w.expectStatus("422 of a fork of the same size", request(size, nil, fork.checkpoint(size)), 422)
			if size < 600 {
				w.expectStatus("422 of a fork that grew", request(size, fork.proof(size, 600), fork.checkpoint(600)), 422)
				for i := range log.proof(size, 600) {
					spoiled := log.proof(size, 600)
					spoiled[i][0] ^= 1
					w.expectStatus("422 of a spoiled proof", request(size, spoiled, log.checkpoint(600)), 422)
				}
			}
		}
	}
	w.stop(syscall.SIGTERM)
	fmt.Printf("ok: %d checks, sizes up to %d\n", checks, size)
}

func main() {
	defer func() {
		if recover() != nil {
			os.Exit(1)
		}
	}()
	run()
}
