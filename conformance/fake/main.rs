//! A testee for the driver's own tests: it does what its requests are called, also crash, hang and write junk.
//!
//! Started with its language, a spec hash, and `json`, `flat`, `silent` (no hello) or `stays` (never exits).

#![forbid(unsafe_code)]

use std::io::{self, Read, Write};
use std::{env, process, thread};

use serde_json::{Value, json};

fn main() -> io::Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [language, spec_hash, mode] = args.as_slice() else {
        return Err(io::Error::other("usage: net-fake-testee LANGUAGE HASH json|flat|silent|stays"));
    };
    match mode.as_str() {
        "silent" => hang(),
        "flat" => return flat(language, spec_hash),
        _ => send(&json!({ "language": language, "spec_hash": spec_hash, "sdk": "0.1.0" }))?,
    }
    let mut kept = 0;
    while let Some(request) = receive()? {
        let mut answer = answer(&request, &mut kept);
        answer["id"] = request["id"].clone();
        send(&answer)?;
    }
    if mode == "stays" {
        hang();
    }
    Ok(())
}

fn answer(request: &Value, kept: &mut u32) -> Value {
    let args = &request["args"];
    match request["op"].as_str().unwrap_or_default() {
        "reset" => {
            *kept = 0;
            json!({ "ok": null })
        }
        "surface" => json!({ "ok": { "fake": { "echo": true } } }),
        "call:fake.new" => {
            *kept += u32::from(request.get("as").is_some());
            json!({ "ok": request.get("as").map(|_| true) })
        }
        "call:fake.kept" => json!({ "ok": kept }),
        "call:fake.echo" | "call:fake.echo/say" | "wire.fake.encode" => json!({ "ok": args["value"] }),
        "wire.fake.decode" => json!({ "ok": args["bytes"] }),
        "call:fake.reject" => {
            json!({ "err": { "family": "fake", "kind": "rejected", "fields": args, "message": "fake: no" } })
        }
        "call:fake.crash" => {
            eprintln!("about to crash");
            process::exit(3);
        }
        "call:fake.hang" => hang(),
        "call:fake.junk" => {
            print!("this is not a frame");
            json!({ "ok": null })
        }
        "call:fake.stale" => {
            let _ = send(&json!({ "id": 0, "ok": null }));
            json!({ "ok": null })
        }
        op => json!({ "unsupported": format!("no {op}") }),
    }
}

/// Speaks lines, and can only echo text.
fn flat(language: &str, spec_hash: &str) -> io::Result<()> {
    println!("hello\tlanguage=s:{language}\tspec_hash=s:{spec_hash}\tsdk=s:0.1.0");
    for line in io::stdin().lines() {
        let line = line?;
        let fields: Vec<&str> = line.split('\t').collect();
        match fields.as_slice() {
            [id, "call:fake.echo", value] => println!("{id}\tok\t{}", value.trim_start_matches("args.value")),
            [id, op, ..] => println!("{id}\tunsupported\t=s:no {op}"),
            _ => println!("?"),
        }
    }
    Ok(())
}

fn hang() -> ! {
    loop {
        thread::park();
    }
}

fn receive() -> io::Result<Option<Value>> {
    let mut head = [0; 4];
    if io::stdin().read_exact(&mut head).is_err() {
        return Ok(None);
    }
    let mut body = Vec::new();
    io::stdin().take(u32::from_le_bytes(head).into()).read_to_end(&mut body)?;
    Ok(Some(serde_json::from_slice(&body)?))
}

fn send(message: &Value) -> io::Result<()> {
    let body = message.to_string();
    let length = u32::try_from(body.len()).map_err(io::Error::other)?;
    let mut out = io::stdout().lock();
    out.write_all(&length.to_le_bytes())?;
    out.write_all(body.as_bytes())?;
    out.flush()
}
