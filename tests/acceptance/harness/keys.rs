//! Public keys that configurations know as `local.a`, …; nobody has their private halves.

/// An RSA key.
pub(crate) const A: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQClMV52LLGYMb8c0tva6TWybac6gsSAZ/2ekbDuN/SbyOMItjZDKimD06yfUW8UtLmZQNrQ9nV3cMj3a0b/QCtN8/0zLLI6j30z/xwNvZ0OohXTw6ueU+uOLgOPBs0ZpcSP0/cLLzO1fC29X6FE5lxffb+PW0Y8tIlW4fXoS9bslEnEu3LR34z5LDU9qOxERWOE0PBbUY7PLTEIoR+3atcHzd1g/hOe54cLv8MrHiKLbuaviFOgfpd/bQSF9eCeGkJhst5BBTtktyQsgvmb+nYYcs/dm7wNINSodtyQUhQQkKQrxeSWF2QtoF5zZba1ZepYQO8WvQpyeVKOMf7Y9QJP a@example";

/// The fingerprint of [`A`], as `ssh-keygen -l -E md5` shows it, without colons.
pub(crate) const A_FINGERPRINT: &str = "36d7ec4550bc74c84af3f88be91f1879";

/// Another RSA key.
pub(crate) const B: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDMqFPHUtyBi/BCPa7n4vg8vtvw4031HwVp/hDqWaBnuazpy9OPoLFldNeMRvAciOxl2XzRu12+nzxruWn+A7HvIklKjM5Azh0lHqjz76VvMtWI39Ds4AaBfDFWZLxHAVTXs0a6WTuPWZDgszVqWo3xAZsqu3cBHnRSAgykoiFR+07HtODiXZY4RJ/Qx4SlP0i4TVOPUEbSra1zJi1vB9gcTD97kpus7KUgg+JI9rA3MxDYuwSq061ibAkZq4ZbFQN/9HnLCCcZR54dAwn1YgNBM+9ys2ErML0L7eOD4OPF0kLOhbTHw3X/enSxTDQAwQPWl3l4hMZbGZDN4UpMtUsz b@example";

/// The fingerprint of [`B`].
pub(crate) const B_FINGERPRINT: &str = "db28bdce7c6aa1208532c15667c1ac39";

/// A key of a type that the cloud's documentation does not name.
pub(crate) const ED25519: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAID6hoU7LfPfvM9Ifo0fcoYMou1g5zzQPRIo3j+JepOh/ d@example";

/// The `locals` block that names them. `a_respelt` is `a` with another comment and white space.
pub(crate) fn locals() -> String {
    let respelt = A.replace(" a@example", "  someone else ").replacen(' ', "  ", 1);
    format!(
        "locals {{\n  a         = \"{A}\"\n  a_respelt = \"{respelt}\\n\"\n  b         = \"{B}\"\n  ed25519   = \"{ED25519}\"\n}}\n"
    )
}
