package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"maps"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// serve listens as the arguments say: --port=, --grpc= and --tcp= may stand more than once, --tls= says which of the
// ports speak TLS. The certificate is made here, whatever files are named.
func serve(args []string) error {
	secured := map[string]bool{}
	for _, arg := range args {
		if port, ok := strings.CutPrefix(arg, "--tls="); ok {
			secured[port] = true
		}
	}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM)
	failed := make(chan error)
	for _, arg := range args {
		name, port, _ := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
		var handle func(net.Listener) error
		switch name {
		case "port":
			handle = serveHTTP
		case "grpc":
			handle = serveGRPC
		case "tcp":
			handle = serveTCP
		default:
			continue
		}
		listener, err := listen(port, secured[port])
		if err != nil {
			return err
		}
		fmt.Println(name, "on port", port)
		go func() { failed <- handle(listener) }()
	}
	select {
	case <-ended:
		return nil
	case err := <-failed:
		return err
	}
}

func listen(port string, secured bool) (net.Listener, error) {
	listener, err := net.Listen("tcp", ":"+port)
	if err != nil || !secured {
		return listener, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	certificate := tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	return tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{certificate}}), nil
}

func serveHTTP(listener net.Listener) error {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	handler := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprint(w, description(r.Host, r.Header), "URL=", r.URL.RequestURI(), "\nMethod=", r.Method, "\nProto=", r.Proto, "\n")
	}
	return (&http.Server{Handler: http.HandlerFunc(handler), Protocols: protocols}).Serve(listener)
}

func serveGRPC(listener net.Listener) error {
	handler := func(_ any, stream grpc.ServerStream) error {
		var request []byte
		if err := stream.RecvMsg(&request); err != nil {
			return err
		}
		headers, _ := metadata.FromIncomingContext(stream.Context())
		host := strings.Join(headers[":authority"], "")
		answer := []byte(description(host, http.Header(headers)))
		return stream.SendMsg(&answer)
	}
	return grpc.NewServer(grpc.ForceServerCodec(plainText{}), grpc.UnknownServiceHandler(handler)).Serve(listener)
}

func serveTCP(listener net.Listener) error {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer connection.Close()
			line, _ := bufio.NewReader(connection).ReadString('\n')
			fmt.Fprint(connection, description("", nil), line)
		}()
	}
}

func description(host string, headers http.Header) string {
	hostname, _ := os.Hostname()
	var lines strings.Builder
	fmt.Fprintf(&lines, "Hostname=%s\nHost=%s\n", hostname, host)
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		for _, value := range headers[name] {
			fmt.Fprintf(&lines, "RequestHeader=%s:%s\n", name, value)
		}
	}
	return lines.String()
}

// plainText is gRPC whose messages are their bytes.
type plainText struct{}

func (plainText) Name() string { return "proto" }

func (plainText) Marshal(message any) ([]byte, error) { return *message.(*[]byte), nil }

func (plainText) Unmarshal(data []byte, message any) error {
	*message.(*[]byte) = data
	return nil
}
