// tlogcheck reads a log over HTTP and judges it with Go's sumdb/note and sumdb/tlog, which know nothing of this
// project. It takes one question a line on standard input, as JSON, and answers each with a line of JSON:
//
//	{"op":"checkpoint"}                                  the signed checkpoint, and its root recomputed from tiles
//	{"op":"inclusion","size":9,"index":3,"leaf":"…","proof":["…"]}
//	{"op":"consistency","old_size":5,"size":9,"proof":["…"]}
//	{"op":"spoil_tiles"}                                 a byte of every hash of every tile
//	{"op":"spoil_checkpoint"}                            every byte of the checkpoint
//
// An answer has "error" where the log did not hold; otherwise "spoiled", how many spoiled copies were refused.
// Roots are recomputed from the log's tiles under the last checkpoint that was opened.
//
//	tlogcheck BASE-URL VERIFIER-KEY [CA.pem]
package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io/ioutil"
	"net/http"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// height of C2SP's tiles: 256 hashes.
const height = 8

type question struct {
	Op      string   `json:"op"`
	Size    int64    `json:"size"`
	OldSize int64    `json:"old_size"`
	Index   int64    `json:"index"`
	Leaf    []byte   `json:"leaf"`
	Proof   [][]byte `json:"proof"`
}

type answer struct {
	Error   string `json:"error,omitempty"`
	Size    int64  `json:"size"`
	Spoiled int    `json:"spoiled"`
}

type log struct {
	client   *http.Client
	base     string
	verifier note.Verifier
	tree     tlog.Tree
	tiles    map[string][]byte
	// spoil changes a tile on its way.
	spoil func(path string, data []byte) []byte
	read  []string
}

func (l *log) get(path string) ([]byte, error) {
	response, err := l.client.Get(l.base + path)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := ioutil.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s %s", path, response.Status, body)
	}
	return body, nil
}

// tilePath is C2SP's: without the height that Go's has.
func tilePath(tile tlog.Tile) string {
	return "/" + strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
}

// Height, ReadTiles and SaveTiles make a log a tlog.TileReader.
func (l *log) Height() int { return height }

func (l *log) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		path := tilePath(tile)
		data, known := l.tiles[path]
		if !known {
			var err error
			if data, err = l.get(path); err != nil {
				return nil, err
			}
			l.tiles[path] = data
		}
		l.read = append(l.read, path)
		if l.spoil != nil {
			data = l.spoil(path, data)
		}
		all = append(all, data)
	}
	return all, nil
}

func (l *log) SaveTiles([]tlog.Tile, [][]byte) {}

// hashes are the log's, each checked by tlog to lead to the signed root.
func (l *log) hashes() tlog.HashReader { return tlog.TileHashReader(l.tree, l) }

func (l *log) open(message []byte) (tlog.Tree, error) {
	opened, err := note.Open(message, note.VerifierList(l.verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.SplitN(opened.Text, "\n", 4)
	if len(lines) < 4 || lines[0] != l.verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("not a checkpoint of %s", l.verifier.Name())
	}
	var size int64
	if _, err := fmt.Sscanf(lines[1], "%d", &size); err != nil || fmt.Sprint(size) != lines[1] {
		return tlog.Tree{}, fmt.Errorf("size %q", lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

func (l *log) checkpoint() (int64, error) {
	message, err := l.get("/checkpoint")
	if err != nil {
		return 0, err
	}
	tree, err := l.open(message)
	if err != nil {
		return 0, err
	}
	before := l.tree
	l.tree = tree
	root, err := tlog.TreeHash(tree.N, l.hashes())
	if err != nil {
		return 0, err
	}
	if root != tree.Hash {
		return 0, fmt.Errorf("tiles give root %v at size %d, signed is %v", root, tree.N, tree.Hash)
	}
	if before.N == 0 {
		return tree.N, nil
	}
	// The log only grew.
	proof, err := tlog.ProveTree(tree.N, before.N, l.hashes())
	if err != nil {
		return 0, err
	}
	return tree.N, tlog.CheckTree(proof, tree.N, tree.Hash, before.N, before.Hash)
}

func toHash(data []byte) (hash tlog.Hash, err error) {
	if len(data) != tlog.HashSize {
		return hash, fmt.Errorf("a hash of %d bytes", len(data))
	}
	copy(hash[:], data)
	return hash, nil
}

func toHashes(data [][]byte) (hashes []tlog.Hash, err error) {
	for _, each := range data {
		hash, err := toHash(each)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

// spoilProof counts the spoiled copies that check refuses; an error names one that it took.
func spoilProof(proof []tlog.Hash, check func([]tlog.Hash) error) (int, error) {
	spoiled := 0
	try := func(what string, other []tlog.Hash) error {
		if check(other) == nil {
			return fmt.Errorf("taken with %s", what)
		}
		spoiled++
		return nil
	}
	for i := range proof {
		other := append([]tlog.Hash(nil), proof...)
		other[i][(i*5)%tlog.HashSize] ^= 1 << uint(i%8)
		if err := try(fmt.Sprintf("hash %d changed", i), other); err != nil {
			return spoiled, err
		}
		shorter := append(append([]tlog.Hash(nil), proof[:i]...), proof[i+1:]...)
		if err := try(fmt.Sprintf("hash %d left out", i), shorter); err != nil {
			return spoiled, err
		}
	}
	return spoiled, try("one hash too many", append(append([]tlog.Hash(nil), proof...), tlog.Hash{}))
}

func (l *log) inclusion(q question) (int, error) {
	proof, err := toHashes(q.Proof)
	if err != nil {
		return 0, err
	}
	leaf, err := toHash(q.Leaf)
	if err != nil {
		return 0, err
	}
	root, err := tlog.TreeHash(q.Size, l.hashes())
	if err != nil {
		return 0, err
	}
	check := func(proof []tlog.Hash) error { return tlog.CheckRecord(proof, q.Size, root, q.Index, leaf) }
	if err := check(proof); err != nil {
		return 0, err
	}
	own, err := tlog.ProveRecord(q.Size, q.Index, l.hashes())
	if err != nil {
		return 0, err
	}
	if fmt.Sprint(own) != fmt.Sprint(tlog.RecordProof(proof)) {
		return 0, fmt.Errorf("tiles give another proof")
	}
	other := leaf
	other[0] ^= 1
	if tlog.CheckRecord(proof, q.Size, root, q.Index, other) == nil {
		return 0, fmt.Errorf("taken for another record")
	}
	return spoilProof(proof, check)
}

func (l *log) consistency(q question) (int, error) {
	proof, err := toHashes(q.Proof)
	if err != nil {
		return 0, err
	}
	root, err := tlog.TreeHash(q.Size, l.hashes())
	if err != nil {
		return 0, err
	}
	oldRoot, err := tlog.TreeHash(q.OldSize, l.hashes())
	if err != nil {
		return 0, err
	}
	check := func(proof []tlog.Hash) error { return tlog.CheckTree(proof, q.Size, root, q.OldSize, oldRoot) }
	if err := check(proof); err != nil {
		return 0, err
	}
	oldRoot[7] ^= 1
	if check(proof) == nil {
		return 0, fmt.Errorf("taken for another old root")
	}
	oldRoot[7] ^= 1
	return spoilProof(proof, check)
}

// fetch gives a tile of the last checkpoint's tree as the log serves it, or spoiled.
func (l *log) fetch(level int, index int64) ([]byte, error) {
	hashes := l.tree.N >> uint(height*level)
	width := hashes - index<<height
	if width > 1<<height {
		width = 1 << height
	}
	tile := tlog.Tile{H: height, L: level, N: index, W: int(width)}
	data, err := l.ReadTiles([]tlog.Tile{tile})
	if err != nil {
		return nil, err
	}
	if len(data[0]) != tile.W*tlog.HashSize {
		return nil, fmt.Errorf("%s has %d bytes", tilePath(tile), len(data[0]))
	}
	return data[0], nil
}

// rebuild computes the tree anew from the leaf hashes in the tiles of level 0, and compares the signed root and every
// hash in the tiles above. It trusts no tile: TileHashReader of Debian's version does not check each full tile that
// it reads, for it takes the number of hashes at the tree's edge for that of the tiles which hold them.
func (l *log) rebuild() error {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var hashes []tlog.Hash
		for _, index := range indexes {
			hashes = append(hashes, stored[index])
		}
		return hashes, nil
	})
	for level := 0; l.tree.N>>uint(height*level) > 0; level++ {
		for index := int64(0); index<<height < l.tree.N>>uint(height*level); index++ {
			data, err := l.fetch(level, index)
			if err != nil {
				return err
			}
			for at := 0; at < len(data); at += tlog.HashSize {
				var hash tlog.Hash
				copy(hash[:], data[at:])
				number := index<<height + int64(at/tlog.HashSize)
				if level > 0 {
					if stored[tlog.StoredHashIndex(level*height, number)] != hash {
						return fmt.Errorf("hash %d of level %d is not the one that the leaves give", number, level)
					}
					continue
				}
				more, err := tlog.StoredHashesForRecordHash(number, hash, reader)
				if err != nil {
					return err
				}
				stored = append(stored, more...)
			}
		}
	}
	root, err := tlog.TreeHash(l.tree.N, reader)
	if err != nil {
		return err
	}
	if root != l.tree.Hash {
		return fmt.Errorf("the leaves give root %v at size %d, signed is %v", root, l.tree.N, l.tree.Hash)
	}
	return nil
}

// spoilTiles changes a byte of every hash of every tile of the tree, one after the other, and each tile's length.
func (l *log) spoilTiles() (int, error) {
	l.read = nil
	if err := l.rebuild(); err != nil {
		return 0, err
	}
	defer func() { l.spoil = nil }()
	spoiled := 0
	try := func(target, what string, change func(data []byte) []byte) error {
		l.spoil = func(path string, data []byte) []byte {
			if path != target {
				return data
			}
			return change(append([]byte(nil), data...))
		}
		if l.rebuild() == nil {
			return fmt.Errorf("taken with %s %s", target, what)
		}
		spoiled++
		return nil
	}
	for _, target := range append([]string(nil), l.read...) {
		for at := 0; at < len(l.tiles[target]); at += tlog.HashSize {
			place := at + at/tlog.HashSize%tlog.HashSize
			change := func(data []byte) []byte { data[place] ^= 0x40; return data }
			if err := try(target, fmt.Sprintf("changed at byte %d", place), change); err != nil {
				return spoiled, err
			}
		}
		if err := try(target, "cut", func(data []byte) []byte { return data[:len(data)-1] }); err != nil {
			return spoiled, err
		}
		longer := func(data []byte) []byte { return append(data, make([]byte, tlog.HashSize)...) }
		if err := try(target, "made longer", longer); err != nil {
			return spoiled, err
		}
	}
	return spoiled, nil
}

// otherByte is another byte, and for a digit of base64 one that stands for other bytes wherever it is: the lowest two
// bits of the last digit of a signature stand for nothing, and Go does not ask for them to be 0.
func otherByte(before byte) byte {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	if value := strings.IndexByte(digits, before); value >= 0 {
		return digits[(value+4)%len(digits)]
	}
	return before ^ 0x01
}

func (l *log) spoilCheckpoint() (int, error) {
	message, err := l.get("/checkpoint")
	if err != nil {
		return 0, err
	}
	good, err := l.open(message)
	if err != nil {
		return 0, err
	}
	spoiled := 0
	for at := range message {
		other := append([]byte(nil), message...)
		other[at] = otherByte(message[at])
		if tree, err := l.open(other); err == nil {
			return spoiled, fmt.Errorf("taken with byte %d changed: %v", at, tree)
		}
		spoiled++
	}
	bigger := bytes.Replace(message, []byte(fmt.Sprintf("\n%d\n", good.N)), []byte(fmt.Sprintf("\n%d\n", good.N+1)), 1)
	if _, err := l.open(bigger); err == nil {
		return spoiled, fmt.Errorf("taken with another size")
	}
	return spoiled + 1, nil
}

func (l *log) answer(q question) (a answer) {
	var err error
	switch q.Op {
	case "checkpoint":
		a.Size, err = l.checkpoint()
	case "inclusion":
		a.Spoiled, err = l.inclusion(q)
	case "consistency":
		a.Spoiled, err = l.consistency(q)
	case "spoil_tiles":
		a.Spoiled, err = l.spoilTiles()
	case "spoil_checkpoint":
		a.Spoiled, err = l.spoilCheckpoint()
	default:
		err = fmt.Errorf("no such op: %q", q.Op)
	}
	if err != nil {
		a.Error = err.Error()
	}
	return a
}

func run() error {
	if len(os.Args) < 3 {
		return fmt.Errorf("usage: tlogcheck BASE-URL VERIFIER-KEY [CA.pem]")
	}
	verifier, err := note.NewVerifier(os.Args[2])
	if err != nil {
		return err
	}
	client := &http.Client{}
	if len(os.Args) > 3 {
		pem, err := ioutil.ReadFile(os.Args[3])
		if err != nil {
			return err
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return fmt.Errorf("%s: no certificate", os.Args[3])
		}
		client.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	}
	l := &log{client: client, base: os.Args[1], verifier: verifier, tiles: map[string][]byte{}}
	output := json.NewEncoder(os.Stdout)
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 1<<20)
	for input.Scan() {
		var q question
		if err := json.Unmarshal(input.Bytes(), &q); err != nil {
			return err
		}
		if err := output.Encode(l.answer(q)); err != nil {
			return err
		}
	}
	return input.Err()
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "tlogcheck:", err)
		os.Exit(1)
	}
}
