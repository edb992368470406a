//! Times one C function from Rust.
mod assay;

use std::ffi::{CString, c_char, c_int, c_void};

use assay::{Check, Fault, Phase, Plugin, Request, Work};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, Serialize, JsonSchema)]
struct Config {
    /// file with the function work of work.c
    library: String,
    /// numbers
    #[serde(default = "numbers")]
    #[schemars(range(min = 1))]
    n: usize,
    /// passes over them in one call
    #[serde(default = "passes")]
    #[schemars(range(min = 1))]
    passes: i64,
}

fn numbers() -> usize {
    4096
}

fn passes() -> i64 {
    1000
}

unsafe extern "C" {
    fn dlopen(file: *const c_char, flags: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
}

const NOW: c_int = 2; // RTLD_NOW

type Function = extern "C" fn(*const f64, i64, i64) -> f64;

/// The function work of a shared library.
fn load(file: &str) -> Option<Function> {
    let file = CString::new(file).ok()?;
    // Sound for a library made of work.c, whose function has this type.
    unsafe {
        let library = dlopen(file.as_ptr(), NOW);
        if library.is_null() {
            return None;
        }
        let found = dlsym(library, c"work".as_ptr());
        (!found.is_null()).then(|| std::mem::transmute::<*mut c_void, Function>(found))
    }
}

struct Called {
    work: Function,
    x: Vec<f64>,
    passes: i64,
    result: f64,
}

impl Plugin for Called {
    type Config = Config;
    const DOC: &str = "Times one C function from Rust.";
    const PHASES: &[Phase] = &[Phase {
        name: "work",
        doc: "one call of the function",
        unit: "call",
    }];

    fn prepare(config: Config, _request: Request) -> Result<Self, Fault> {
        let Some(work) = load(&config.library) else {
            return Err(Fault::at(
                "library",
                "no_library",
                format!("{} cannot be loaded", config.library),
                "Name a shared library made of work.c.",
            ));
        };
        Ok(Self {
            work,
            x: (0..config.n).map(|i| (i % 7) as f64 - 3.0).collect(),
            passes: config.passes,
            result: f64::NAN,
        })
    }

    fn work(&self, _phase: &str) -> Work {
        Work {
            units: 1.0,
            bytes: 0,
        }
    }

    fn run(&mut self, _phase: &str, iterations: u64) {
        for _ in 0..iterations {
            self.result = (self.work)(self.x.as_ptr(), self.x.len() as i64, self.passes);
        }
    }

    fn spoil(&mut self) {
        self.result = f64::NAN;
    }

    fn check(&self, _phase: &str) -> Vec<Check> {
        let want: f64 = self.x.iter().sum::<f64>() * self.passes as f64;
        vec![Check::at_most("error", (self.result - want).abs(), 0.0)]
    }
}

fn main() {
    assay::serve::<Called>();
}
