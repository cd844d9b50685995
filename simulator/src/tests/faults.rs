//! What faults do to calls.

use std::time::Duration;

use super::client::{Answer, call, parameters, post};
use crate::{Config, Fault, Simulator};

const REGION: &str = "cn-hangzhou";
const KEY: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB you@host";
const IMPORT: [(&str, &str); 2] = [("KeyPairName", "k1"), ("PublicKeyBody", KEY)];

fn start() -> Simulator {
    Simulator::start(Config::default()).unwrap()
}

fn exists(sim: &Simulator) -> bool {
    sim.world(|world| world.key_pair(REGION, "k1").is_some())
}

fn import(sim: &Simulator) -> std::io::Result<Answer> {
    post(sim, &parameters(sim, "ImportKeyPair", &IMPORT), sim.access_key_secret())
}

#[test]
fn each_fault_shows_and_makes_its_change_or_not() {
    type Check = fn(&std::io::Result<Answer>) -> bool;
    fn code(answer: &std::io::Result<Answer>, status: u16, code: &str) -> bool {
        answer.as_ref().is_ok_and(|answer| answer.outcome() == (status, code.to_owned()))
    }
    fn broken(answer: &std::io::Result<Answer>) -> bool {
        answer.as_ref().map_or(true, |answer| answer.status == 0)
    }
    let on = || Fault::on("ImportKeyPair").once();
    let second = Duration::from_secs(1);
    let cases: [(&str, Fault, bool, Check); 16] = [
        ("default", on(), false, |a| code(a, 500, "InternalError")),
        ("throttle", on().throttle(None), false, |a| {
            code(a, 400, "Throttling.User") && a.as_ref().unwrap().header("x-ratelimit-user").is_none()
        }),
        ("throttle, told", on().throttle(Some(second)), false, |a| {
            a.as_ref().unwrap().header("x-ratelimit-user").is_some_and(|h| h.contains("TimeLeft:1000"))
        }),
        ("refuse, after", on().refuse(500, "X", "m").after_change(), true, |a| code(a, 500, "X")),
        ("unavailable", on().unavailable(), false, |a| code(a, 503, "ServiceUnavailable")),
        ("expired", on().expired_token(), false, |a| code(a, 400, "InvalidSecurityToken.Expired")),
        ("page", on().proxy_page(503), false, |a| {
            a.as_ref().is_ok_and(|a| a.status == 503 && a.body.starts_with("<html>"))
        }),
        ("disconnect", on().disconnect(), false, broken),
        ("disconnect, after", on().disconnect().after_change(), true, broken),
        ("truncate", on().truncate(), true, |a| {
            // What is there is an answer's beginning; its announced length is more.
            let a = a.as_ref().unwrap();
            let length: usize = a.header("content-length").unwrap().parse().unwrap();
            a.status == 200 && a.body.starts_with('{') && a.body.len() < length
        }),
        ("truncate, before", on().truncate().before_change(), false, |a| a.as_ref().unwrap().status == 200),
        ("malform", on().malform(), true, |a| {
            let a = a.as_ref().unwrap();
            let length: usize = a.header("content-length").unwrap().parse().unwrap();
            a.body.len() == length && serde_json::from_str::<serde_json::Value>(&a.body).is_err()
        }),
        ("empty", on().empty(), true, |a| a.as_ref().is_ok_and(|a| a.status == 200 && a.body.is_empty())),
        ("mistype", on().mistype(), true, |a| a.as_ref().unwrap().json()["KeyPairName"].is_object()),
        ("delay", on().delay(Duration::from_millis(1)), true, |a| code(a, 200, "")),
        ("another action", Fault::on("DeleteKeyPairs"), true, |a| code(a, 200, "")),
    ];
    for (name, fault, change, check) in cases {
        let sim = start();
        let text = serde_json::to_string(&fault).unwrap();
        assert_eq!(serde_json::from_str::<Fault>(&text).unwrap(), fault, "{text}");
        let handle = sim.fail(fault);
        let answer = import(&sim);
        assert!(check(&answer), "{name}: {answer:?}");
        assert_eq!((exists(&sim), sim.calls()[0].changed), (change, change), "{name}");
        assert_eq!(handle.hits(), u32::from(name != "another action"), "{name}");
        // Once is once.
        assert!(import(&sim).is_ok_and(|a| a.status == if change { 400 } else { 200 }), "{name}");
    }
}

#[test]
fn a_held_call_waits_before_or_after_its_change() {
    for after in [false, true] {
        let sim = start();
        let fault = Fault::on("ImportKeyPair").hold();
        let held = sim.fail(if after { fault.after_change() } else { fault });
        std::thread::scope(|scope| {
            let client = scope.spawn(|| call(&sim, "ImportKeyPair", &IMPORT).status);
            assert!(sim.wait_for_call("ImportKeyPair", 1));
            if after {
                assert!(sim.wait_for_change(1));
            }
            assert_eq!(exists(&sim), after);
            assert_eq!(sim.calls()[0].status, None);
            held.release();
            assert_eq!(client.join().unwrap(), 200);
        });
        assert!(exists(&sim));
    }
}

#[test]
fn a_held_call_is_done_even_if_its_client_has_left() {
    for removed in [false, true] {
        let sim = start();
        let held = sim.fail(Fault::on("ImportKeyPair").hold());
        let request = parameters(&sim, "ImportKeyPair", &IMPORT);
        let mut stream = super::client::begin(&sim, &request, sim.access_key_secret());
        assert!(held.wait_for_hit());
        stream.shutdown(std::net::Shutdown::Both).unwrap();
        drop(std::io::Read::read(&mut stream, &mut [0]));
        assert!(!exists(&sim));
        if removed {
            held.remove();
            assert!(sim.wait_until_idle());
        } else {
            held.release();
            assert!(held.wait_until_over());
        }
        assert!(exists(&sim));
    }
}

#[test]
fn a_hanging_call_ends_when_it_is_released_or_the_simulator_is_dropped() {
    let sim = start();
    let hang = sim.fail(Fault::on("ImportKeyPair").hang());
    std::thread::scope(|scope| {
        let client = scope.spawn(|| import(&sim));
        assert!(sim.wait_for_call("ImportKeyPair", 1));
        hang.release();
        assert!(client.join().unwrap().map_or(true, |answer| answer.status == 0));
    });
    sim.clear_faults();
    sim.fail(Fault::on("ImportKeyPair").hang());
    let request = parameters(&sim, "ImportKeyPair", &IMPORT);
    let mut stream = super::client::begin(&sim, &request, sim.access_key_secret());
    assert!(sim.wait_for_call("ImportKeyPair", 2));
    drop(sim);
    let mut rest = Vec::new();
    drop(std::io::Read::read_to_end(&mut stream, &mut rest));
    assert_eq!(rest, b"");
}

#[test]
fn latency_and_delay_come_before_the_change() {
    // Longer than any test takes.
    let long = Duration::from_hours(10_000);
    let slow = Simulator::start(Config { latency: long, ..Config::default() }).unwrap();
    let slowed = start();
    slowed.set_latency(long);
    let delayed = start();
    delayed.fail(Fault::on_any().delay(long));
    for sim in [slow, slowed, delayed] {
        let request = parameters(&sim, "ImportKeyPair", &IMPORT);
        let stream = super::client::begin(&sim, &request, sim.access_key_secret());
        assert!(sim.wait_for_call("ImportKeyPair", 1));
        assert_eq!((sim.calls()[0].status, exists(&sim)), (None, false));
        drop(stream);
    }
}

#[test]
fn many_calls_at_once_are_each_done_once() {
    let sim = start();
    std::thread::scope(|scope| {
        for n in 0..64 {
            let sim = &sim;
            scope.spawn(move || {
                let name = format!("k{n}");
                let own = [("KeyPairName", name.as_str()), ("PublicKeyBody", KEY)];
                assert_eq!(call(sim, "ImportKeyPair", &own).status, 200);
            });
        }
    });
    assert_eq!((sim.count("ImportKeyPair"), sim.world(|world| world.key_pair_names(REGION).len())), (64, 64));
}
