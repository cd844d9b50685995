//! temp
use ecs_simulator::{Config, Simulator};
use std::path::Path;
use xtask::host::Host;
use xtask::workdir::{Workdir, provider_blocks};

pub const PUBLIC_KEY: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDF3lEvTzqXcSQd9wU+UujbsiXJmJvL5wZC7koovxL2mORioDRwSha046/1Aexzu+mI8aFTlw65X6MKDXveh+i5ZVdU3QP7pDwRvcm2LM+kDjTggNbR6R6qmEkMEDsqRyxwDKFvyCPwquk33L6IHqmPxXgcDxFP48dQVcFRoy3SyWlUhoI2TBTsGTkNr5y6glj1+ZyreCsTDCJhgvZg1hie8m6+3ROJT6fVk/tVWHLEaAMMDkBu8iCDrOCMnKbSxGCQ0rw+Oar6F9et54HhMixBi+C8CMEbG7sv536OEv/SqXKZ75cbNGkkPt/DfAoIpAs4L5S1jHEXz5h59NG9fWfP user-a@example";
pub struct Case {
    pub simulator: Simulator,
    work: Workdir,
    _dir: tempfile::TempDir,
}
impl Case {
    pub fn new() -> Option<Self> {
        let simulator = Simulator::start(Config::default()).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let bin = Path::new(env!("CARGO_BIN_EXE_terraform-provider-alicloud")).parent().unwrap();
        let work = Workdir::prepare(&Host::find().unwrap(), dir.path(), bin).unwrap();
        Some(Self { simulator, work, _dir: dir })
    }
    pub fn config(&self, text: &str) {
        self.work.write("main.tf", &(provider_blocks(&self.simulator, "cn-hangzhou") + text)).unwrap();
    }
    pub fn terraform(&self, args: &[&str]) -> String {
        let out = self.work.run(args).unwrap();
        format!(
            "{:?} {}\n{}\n{}",
            args,
            out.status,
            String::from_utf8_lossy(&out.stdout),
            String::from_utf8_lossy(&out.stderr)
        )
    }
}
