//! The contract's types as wit-bindgen makes them. Templates reach them through
//! [`contract`](crate::contract); only [`export_template!`](crate::export_template) needs the rest.
#![expect(
    missing_docs,
    reason = "generated from wit/, where cases that explain themselves carry no comment"
)]

wit_bindgen::generate!({
    path: "../../wit/v0",
    world: "template",
    additional_derives: [PartialEq],
    pub_export_macro: true,
    default_bindings_module: "guichet_template_sdk::bindings",
    export_macro_name: "export_component",
});
