/* Perfetto's trace processor, in Node.js: its WebAssembly module and the glue that the viewer runs in a web
   worker, both as they come, between this program's standard input and output.

     node trace_processor.js FOLDER      (of the viewer: engine_bundle.js, trace_processor*.wasm)

   What comes in and what goes out are messages of Perfetto's own protocol (TraceProcessorRpcStream), which
   frame themselves.  The glue expects a worker: here it is given the few things that it asks one for, in a
   realm without Node's own, and files of FOLDER for what it would load from the viewer's site.  It must not
   open any other file, nor anything on a network. */

"use strict";

const fs = require("fs");
const path = require("path");
const vm = require("vm");

const folder = process.argv[2];

/* A worker loads its module with a request that waits for the answer. */
class Request {
    open(method, url) {
        this.file = path.join(folder, path.basename(url));
    }

    send() {
        const bytes = fs.readFileSync(this.file);
        this.response = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
        this.status = 200;
    }
}

function write(bytes) {
    for (let at = 0; at < bytes.length;) {
        try {
            at += fs.writeSync(1, bytes, at);
        }
        catch (error) {
            if (error.code !== "EAGAIN") {
                throw error;
            }
        }
    }
}

function say(...words) {
    fs.writeSync(2, words.join(" ") + "\n");
}

function makeWorker() {
    const worker = {
        console: { log: say, warn: say, error: say }, XMLHttpRequest: Request, importScripts() {},
        WorkerGlobalScope: class {}, location: { href: "engine_bundle.js" },
        performance, crypto, TextDecoder, TextEncoder, setTimeout, clearTimeout,
    };
    worker.self = worker;
    vm.createContext(worker);
    vm.runInContext(fs.readFileSync(path.join(folder, "engine_bundle.js"), "utf8"), worker);
    return worker;
}

const worker = makeWorker();
const Bytes = vm.runInContext("Uint8Array", worker);     // of that realm: the glue checks the type
const port = { onmessage: null, postMessage: write };
worker.onmessage({ data: port });
process.stdin.on("data", (data) => port.onmessage({ data: new Bytes(data) }));
