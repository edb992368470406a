#!/bin/sh
# Regenerates plugin.pb.go, plugin_grpc.pb.go and the descriptor from which the SDK
# for Python makes its classes. Needs protoc (Debian: protobuf-compiler); the two Go
# generators are pinned as tools in go.mod.
set -eu
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
go build -o "$bin/" google.golang.org/protobuf/cmd/protoc-gen-go google.golang.org/grpc/cmd/protoc-gen-go-grpc
PATH="$bin:$PATH" protoc --proto_path=. \
  --go_out=. --go_opt=paths=source_relative \
  --go-grpc_out=. --go-grpc_opt=paths=source_relative \
  --descriptor_set_out=../../sdk/python/assay_sdk/plugin.binpb plugin.proto
