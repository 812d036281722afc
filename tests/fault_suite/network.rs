//! Hosts of a test's own: network namespaces at one bridge, each with an address and a name.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::program::{Program, signal};

/// Goes on host N, under its name, and runs a command there.
const ENTER: &str = "#!/bin/sh
host=$1; shift
exec nsenter --net=/run/netns/PREFIX-n$host unshare -u sh -c 'hostname \"$0\" && exec \"$@\"' n$host \"$@\"
";

/// What mpirun calls as it would ssh: an address, then words that make up a shell's command line.
const AGENT: &str = "#!/bin/sh
host=${1##*.}; shift
exec FOLDER/enter $host sh -c \"$*\"
";

/// As many hosts as asked for, n1, n2, ..., until it is dropped.
pub struct Network {
    prefix: String,
    hosts: usize,
    folder: TempDir,
}

fn ip(words: &str) -> bool {
    let done = Command::new("ip").args(words.split_whitespace()).output();
    let well = done.as_ref().is_ok_and(|output| output.status.success());
    if !well {
        eprintln!("ip {words}: {done:?}");
    }
    well
}

/// Makes TCP on a host give up within seconds what is not answered; by default it takes a quarter of an hour.
fn impatient(host: &str) -> bool {
    let set = format!("--net=/run/netns/{host} sh -c");
    let mut command = Command::new("nsenter");
    let done = command.args(set.split(' ')).arg("echo 3 > /proc/sys/net/ipv4/tcp_retries2").status();
    done.is_ok_and(|status| status.success())
}

impl Network {
    /// None, with a word, where this user may not make networks.
    pub fn make(hosts: usize, test: &str) -> Option<Network> {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let prefix = format!("oceanspec-{}-{number}", std::process::id());
        // Whatever was made until something fails goes with it.
        let network = Network { prefix, hosts, folder: tempfile::tempdir().unwrap() };
        if !network.connect() {
            eprintln!("NOT TESTED: {test} needs network namespaces, which this user may not have");
            return None;
        }
        for (name, text) in [("enter", ENTER), ("agent", AGENT)] {
            let folder = network.folder.path();
            let text = text.replace("PREFIX", &network.prefix).replace("FOLDER", folder.to_str().unwrap());
            fs::write(folder.join(name), text).unwrap();
            fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        let addresses: String = (1..=hosts).map(|host| format!("10.66.0.{host} slots=1\n")).collect();
        fs::write(network.folder.path().join("hosts"), addresses).unwrap();
        Some(network)
    }

    fn connect(&self) -> bool {
        let prefix = &self.prefix;
        let bridge = format!("{prefix}-bridge");
        let bridged = ip(&format!("netns add {bridge}"))
            && ip(&format!("-n {bridge} link add bridge type bridge"))
            && ip(&format!("-n {bridge} link set bridge up"));
        bridged
            && (1..=self.hosts).all(|host| {
                let own = format!("{prefix}-n{host}");
                ip(&format!("netns add {own}"))
                    && ip(&format!("-n {own} link set lo up"))
                    && ip(&format!("-n {bridge} link add port{host} type veth peer name eth0 netns {own}"))
                    && ip(&format!("-n {bridge} link set port{host} master bridge up"))
                    && ip(&format!("-n {own} address add 10.66.0.{host}/24 dev eth0"))
                    && ip(&format!("-n {own} link set eth0 up"))
                    && impatient(&own)
            })
    }

    /// A shell script that runs `"$@"` on a host.
    pub fn script_on(&self, host: usize) -> String {
        format!("exec {} {host} \"$@\"", self.folder.path().join("enter").display())
    }

    /// What makes mpirun use the hosts, and look after some seconds whether they are still there.
    pub fn settings(&self, program: Program, seconds: u64) -> Program {
        let file = |name: &str| self.folder.path().join(name).display().to_string();
        program
            .env("OMPI_MCA_orte_default_hostfile", &file("hosts"))
            .env("OMPI_MCA_plm_rsh_agent", &file("agent"))
            .env("OMPI_MCA_btl", "self,tcp")
            .env("OMPI_MCA_oob_tcp_keepalive_time", &seconds.to_string())
            .env("OMPI_MCA_oob_tcp_keepalive_intvl", "1")
            .env("OMPI_MCA_oob_tcp_keepalive_probes", "2")
    }

    /// Takes a host's link down.
    #[track_caller]
    pub fn cut(&self, host: usize) {
        assert!(ip(&format!("-n {}-bridge link set port{host} down", self.prefix)));
    }

    /// Processes on the hosts.
    fn processes(&self) -> Vec<u32> {
        let of_host = |host| {
            let output = Command::new("ip").args(["netns", "pids", &format!("{}-n{host}", self.prefix)]).output();
            output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
        };
        let all: String = (1..=self.hosts).map(of_host).collect();
        all.split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
    }

    /// Waits until no program of a name is on any host.
    #[track_caller]
    pub fn wait_for_the_end_of(&self, name: &str) {
        let is_one = |pid: &u32| {
            fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe.file_name().is_some_and(|file| file == name))
        };
        let begun = Instant::now();
        while self.processes().iter().any(is_one) {
            assert!(begun.elapsed() < Duration::from_secs(30), "{name} lives on");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // A daemon that cannot be reached stays.
        self.processes().into_iter().for_each(|pid| signal("KILL", pid));
        for name in (1..=self.hosts).map(|host| format!("n{host}")).chain(["bridge".to_owned()]) {
            let _ = Command::new("ip").args(["netns", "del", &format!("{}-{name}", self.prefix)]).output();
        }
    }
}
