//! The `ecs-simulator` executable.

fn main() {}
