//! Templates that do what no template may.
//!
//! The example `sinner` behaves well until it is told a sin by name: in its settings, or in the
//! ticket's custom value `sin`, so that it can pass the check at upload and sin in production. Each
//! sin of [`sins::ALL`] has a test that asserts the answer, the limit and its figure.
//!
//! Written upon the bare contract, not the SDK: the SDK would not let one sin.

pub mod good;
pub mod sins;

mod bindings {
    #![expect(missing_docs, reason = "generated from wit/")]

    wit_bindgen::generate!({
        path: "../../wit/v0",
        world: "template",
        pub_export_macro: true,
        default_bindings_module: "guichet_hostile_guests",
        export_macro_name: "export_component",
    });
}

pub use bindings::exports::guichet::template::plugin as contract;
#[doc(hidden)]
pub use bindings::*;
