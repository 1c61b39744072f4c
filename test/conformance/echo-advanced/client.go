package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

const timeout = 5 * time.Second

// call makes requests as `client URL [--method=M] [-H name:value]… [--count=N]` says. Redirects are not followed.
func call(args []string) error {
	method, count := http.MethodGet, 1
	var target string
	headers := http.Header{}
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == "-H" && i+1 < len(args):
			i++
			name, value, _ := strings.Cut(args[i], ":")
			headers.Add(name, strings.TrimSpace(value))
		case strings.HasPrefix(args[i], "--method="):
			method = strings.TrimPrefix(args[i], "--method=")
		case strings.HasPrefix(args[i], "--count="):
			given, err := strconv.Atoi(strings.TrimPrefix(args[i], "--count="))
			if err != nil {
				return err
			}
			count = given
		default:
			target = args[i]
		}
	}
	to, err := url.Parse(target)
	if err != nil {
		return err
	}
	for i := range count {
		answer, err := request(method, to, headers)
		if err != nil {
			return err
		}
		// what the server said may have empty lines, which separate answers here
		for line := range strings.SplitSeq(answer, "\n") {
			if line != "" {
				fmt.Printf("[%d body] %s\n", i, line)
			}
		}
		fmt.Println()
	}
	return nil
}

func request(method string, to *url.URL, headers http.Header) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if to.Scheme == "grpc" {
		return requestGRPC(ctx, to, headers)
	}
	req, err := http.NewRequestWithContext(ctx, method, to.String(), nil)
	if err != nil {
		return "", err
	}
	req.Header = headers.Clone()
	if host := headers.Get("Host"); host != "" {
		req.Host = host
	}
	response, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return "", err
	}
	var lines strings.Builder
	fmt.Fprintf(&lines, "StatusCode=%d\n", response.StatusCode)
	for name, values := range response.Header {
		for _, value := range values {
			fmt.Fprintf(&lines, "ResponseHeader=%s:%s\n", name, value)
		}
	}
	return lines.String() + string(body), nil
}

func requestGRPC(ctx context.Context, to *url.URL, headers http.Header) (string, error) {
	connection, err := grpc.NewClient("passthrough:///"+to.Host,
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.ForceCodec(plainText{})))
	if err != nil {
		return "", err
	}
	defer connection.Close()
	for name, values := range headers {
		for _, value := range values {
			ctx = metadata.AppendToOutgoingContext(ctx, strings.ToLower(name), value)
		}
	}
	var question, answer []byte
	if err := connection.Invoke(ctx, "/proto.EchoTestService/Echo", &question, &answer); err != nil {
		return fmt.Sprintf("StatusCode=%d\n", status.Code(err)), nil
	}
	return "StatusCode=200\n" + string(answer), nil
}
