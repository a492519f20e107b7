//go:build linux

package main

import (
	"fmt"
	"log"
	"os"
	"os/exec"
	"sync"

	"github.com/wsbind/wsbind/mockserver/internal/bench/job"
)

type bench struct {
	folder       string
	wsbind, nats string
	size         int
	mu           sync.Mutex
	running      map[*process]bool
}

func main() {
	b := &bench{folder: "/tmp/benchbin", wsbind: "bin/wsbind", nats: "bin/nats-server", size: 1024, running: map[*process]bool{}}
	os.MkdirAll(b.folder, 0o700)
	defer b.stopAll()
	out, err := exec.Command("go", "build", "-o", b.folder, "./mockserver/internal/bench/client", "./mockserver/internal/bench/peers/...").CombinedOutput()
	if err != nil {
		log.Fatalf("%s", out)
	}
	for _, p := range [][2]string{{"wsbind", ""}, {"bare", "loop"}, {"bare", "workers"}, {"bare", "writers"}, {"tcp", "loop"}, {"tcp", "workers"}, {"nats-server", ""}, {"centrifuge", ""}, {"centrifuge", "1ms"}, {"centrifuge", "10ms"}} {
		s, err := b.serve(p[0], p[1])
		if err != nil {
			log.Print(p, err)
			continue
		}
		d, err := b.open(s, job.Order{Sockets: 2000})
		if err != nil {
			log.Print(p, err)
			continue
		}
		a, err := d.client.order(job.Order{Do: "check"})
		fmt.Println(p, a, err)
		for _, w := range []int{1, 2, 4, 8} {
			x, err := d.saturate(job.Order{Seconds: 1.5, Window: w})
			fmt.Printf("%v window %d: %.0f/s server %.2f client %.2f %v\n", p, w, x.rate, x.cpu, x.client, err)
		}
		a, err = d.client.order(job.Order{Do: "check"})
		fmt.Println(p, a, err)
		b.close(d)
	}
}
