#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""call.py API SOCKET: passes calls on to containerd's gRPC. API: what protoc made of the .proto files here. Prints the
TCP port of 127.0.0.1 on which it listens. Each connection is one call: a line 'NAMESPACE SERVICE/METHOD JSON'; answered
by a line 'ok' or 'failed' and the answer's JSON, or the error's code and message."""

import socketserver
import sys

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory


def load(path):
    files = descriptor_pb2.FileDescriptorSet()
    with open(path, "rb") as f:
        files.ParseFromString(f.read())
    pool = descriptor_pool.DescriptorPool()
    for f in files.file:
        pool.Add(f)
    return pool


class Calls:
    def __init__(self, api, socket):
        self.pool = load(api)
        self.factory = message_factory.MessageFactory(self.pool)
        self.socket = socket

    def call(self, namespace, path, text):
        service, method = path.split("/")
        method = self.pool.FindServiceByName(service).FindMethodByName(method)
        request = json_format.Parse(text, self.factory.GetPrototype(method.input_type)())
        # A channel of its own: one that is kept waits before it connects to a containerd that was started anew.
        with grpc.insecure_channel("unix:" + self.socket) as channel:
            invoke = channel.unary_unary(
                "/" + path,
                request_serializer=lambda message: message.SerializeToString(),
                response_deserializer=self.factory.GetPrototype(method.output_type).FromString,
            )
            answer = invoke(request, metadata=(("containerd-namespace", namespace),))
        if not answer.DESCRIPTOR.fields:
            return ""
        return json_format.MessageToJson(answer, including_default_value_fields=True, preserving_proto_field_name=True)


def handler(calls):
    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            try:
                answer = "ok\n" + calls.call(*self.rfile.readline().decode().split(" ", 2))
            except grpc.RpcError as error:
                answer = f"failed\n{error.code().name}: {error.details()}\n"
            except Exception as error:
                answer = f"failed\n{error!r}\n"
            self.wfile.write(answer.encode())

    return Handler


def main(api, socket):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler(Calls(api, socket))) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()


main(*sys.argv[1:])
