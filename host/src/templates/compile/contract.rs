//! Whether an upload fits the contract in `wit/`, in words that name each difference.
//!
//! Done on the uploaded bytes before any of it is compiled. wasmtime checks the types once more
//! when the code is loaded; this check exists for its messages.

use std::collections::HashSet;

use wasmparser::{Parser, Payload};
use wit_parser::decoding::{DecodedWasm, decode};
use wit_parser::{Function, InterfaceId, Resolve, Type, TypeDefKind, TypeId, WorldId, WorldItem};

use super::frame::Refusal;

/// The interface that a template exports.
pub(super) const INTERFACE: &str = "guichet:template/plugin@0.1.0";
const INTERFACE_NAME: &str = "plugin";
const PACKAGE_PREFIX: &str = "guichet:template/";
const CONTRACT: &str = include_str!("../../../../wit/v0/guichet-template.wit");
/// Differences reported at one time.
const REPORTED: usize = 20;
/// wit-bindgen describes a core module's types in custom sections with this prefix.
const TYPE_SECTION_PREFIX: &str = "component-type";

/// Checks a component.
pub(super) fn check(component: &[u8]) -> Result<(), Refusal> {
    let decoded = decode(component).map_err(|error| Refusal::Invalid {
        reason: format!("{error:#}"),
    })?;
    let (resolve, world) = match decoded {
        DecodedWasm::Component(resolve, world) => (resolve, world),
        DecodedWasm::WitPackage(..) => {
            return Err(Refusal::NotWebAssembly {
                reason: "it is a WIT package, which holds types but no code".to_owned(),
            });
        }
    };
    refuse_imports(&resolve, world)?;
    let found = exported_interface(&resolve, world)?;
    let mut contract = Resolve::default();
    let expected = contract
        .push_str("guichet-template.wit", CONTRACT)
        .ok()
        .and_then(|package| {
            contract.packages[package]
                .interfaces
                .get(INTERFACE_NAME)
                .copied()
        })
        .ok_or_else(|| Refusal::Unavailable {
            reason: "the contract is unreadable".to_owned(),
        })?;
    let mut comparison = Comparison {
        contract: &contract,
        upload: &resolve,
        problems: Vec::new(),
        compared: HashSet::new(),
    };
    comparison.interfaces(expected, found);
    if comparison.problems.is_empty() {
        Ok(())
    } else {
        Err(Refusal::WrongContract {
            problems: comparison.problems,
        })
    }
}

/// Checks that a core module can be made into a component at all.
pub(super) fn check_core_module(module: &[u8]) -> Result<(), Refusal> {
    let mut described = false;
    let mut imports = Vec::new();
    let invalid = |error: wasmparser::BinaryReaderError| Refusal::Invalid {
        reason: error.to_string(),
    };
    for payload in Parser::new(0).parse_all(module) {
        match payload.map_err(invalid)? {
            Payload::CustomSection(section) => {
                described |= section.name().starts_with(TYPE_SECTION_PREFIX);
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.map_err(invalid)?;
                    imports.push(format!("{}/{}", import.module, import.name));
                }
            }
            _ => {}
        }
    }
    if !imports.is_empty() {
        return Err(Refusal::Imports { names: imports });
    }
    if !described {
        return Err(Refusal::NotWebAssembly {
            reason: "it is a core module without the section `component-type` that wit-bindgen \
                     writes; build it with the template SDK, or upload a component"
                .to_owned(),
        });
    }
    Ok(())
}

fn refuse_imports(resolve: &Resolve, world: WorldId) -> Result<(), Refusal> {
    let imports = &resolve.worlds[world].imports;
    if imports.is_empty() {
        return Ok(());
    }
    let names = imports
        .keys()
        .map(|key| resolve.name_world_key(key))
        .collect();
    Err(Refusal::Imports { names })
}

fn exported_interface(resolve: &Resolve, world: WorldId) -> Result<InterfaceId, Refusal> {
    let exports = &resolve.worlds[world].exports;
    let mut names = Vec::new();
    for (key, item) in exports {
        let name = resolve.name_world_key(key);
        match item {
            WorldItem::Interface { id, .. } if name == INTERFACE => return Ok(*id),
            _ => names.push(format!("`{name}`")),
        }
    }
    let problem = if let Some(other) = names
        .iter()
        .find(|name| name.trim_start_matches('`').starts_with(PACKAGE_PREFIX))
    {
        format!(
            "it exports {other}, but this host speaks `{INTERFACE}`; rebuild it with that version of the SDK"
        )
    } else if names.is_empty() {
        format!("it exports nothing, `{INTERFACE}` is missing")
    } else {
        names.truncate(REPORTED);
        format!(
            "`{INTERFACE}` is missing among its exports ({})",
            names.join(", ")
        )
    };
    Err(Refusal::WrongContract {
        problems: vec![problem],
    })
}

struct Comparison<'a> {
    contract: &'a Resolve,
    upload: &'a Resolve,
    problems: Vec<String>,
    /// Types form a graph without cycles but with many shared parts; each pair is compared once.
    compared: HashSet<(TypeId, TypeId)>,
}

impl Comparison<'_> {
    fn interfaces(&mut self, expected: InterfaceId, found: InterfaceId) {
        for (name, function) in &self.contract.interfaces[expected].functions {
            match self.upload.interfaces[found].functions.get(name) {
                Some(other) => self.functions(name, function, other),
                None => self.problem(format!("the function `{name}` is missing")),
            }
        }
    }

    fn functions(&mut self, name: &str, expected: &Function, found: &Function) {
        if expected.params.len() != found.params.len() {
            return self.problem(format!(
                "`{name}` takes {} parameters, not {}",
                expected.params.len(),
                found.params.len()
            ));
        }
        for (parameter, other) in expected.params.iter().zip(&found.params) {
            self.types(
                &format!("{name}({})", parameter.name),
                &parameter.ty,
                &other.ty,
            );
        }
        self.optional_types(&format!("{name} result"), &expected.result, &found.result);
    }

    fn optional_types(&mut self, path: &str, expected: &Option<Type>, found: &Option<Type>) {
        match (expected, found) {
            (Some(expected), Some(found)) => self.types(path, expected, found),
            (None, None) => {}
            (Some(expected), None) => {
                let expected = describe(self.contract, expected);
                self.problem(format!("{path}: {expected} expected, nothing found"));
            }
            (None, Some(found)) => {
                let found = describe(self.upload, found);
                self.problem(format!("{path}: nothing expected, {found} found"));
            }
        }
    }

    fn types(&mut self, path: &str, expected: &Type, found: &Type) {
        if self.problems.len() >= REPORTED {
            return;
        }
        let (expected, found) = (
            dealias(self.contract, expected),
            dealias(self.upload, found),
        );
        match (expected, found) {
            (Type::Id(expected_id), Type::Id(found_id)) => {
                if self.compared.insert((expected_id, found_id)) {
                    self.definitions(path, expected_id, found_id);
                }
            }
            (expected, found) if expected == found => {}
            (expected, found) => self.mismatch(path, &expected, &found),
        }
    }

    fn definitions(&mut self, path: &str, expected_id: TypeId, found_id: TypeId) {
        let (contract, upload) = (self.contract, self.upload);
        match (
            &contract.types[expected_id].kind,
            &upload.types[found_id].kind,
        ) {
            (TypeDefKind::Record(expected), TypeDefKind::Record(found)) => {
                let names = |fields: &[wit_parser::Field]| -> Vec<String> {
                    fields.iter().map(|field| field.name.clone()).collect()
                };
                if self.same_names(
                    path,
                    "field",
                    &names(&expected.fields),
                    &names(&found.fields),
                ) {
                    for (field, other) in expected.fields.iter().zip(&found.fields) {
                        self.types(&format!("{path}.{}", field.name), &field.ty, &other.ty);
                    }
                }
            }
            (TypeDefKind::Variant(expected), TypeDefKind::Variant(found)) => {
                let names = |cases: &[wit_parser::Case]| -> Vec<String> {
                    cases.iter().map(|case| case.name.clone()).collect()
                };
                if self.same_names(path, "case", &names(&expected.cases), &names(&found.cases)) {
                    for (case, other) in expected.cases.iter().zip(&found.cases) {
                        self.optional_types(&format!("{path}::{}", case.name), &case.ty, &other.ty);
                    }
                }
            }
            (TypeDefKind::Enum(expected), TypeDefKind::Enum(found)) => {
                let names = |cases: &[wit_parser::EnumCase]| -> Vec<String> {
                    cases.iter().map(|case| case.name.clone()).collect()
                };
                self.same_names(path, "case", &names(&expected.cases), &names(&found.cases));
            }
            (TypeDefKind::Option(expected), TypeDefKind::Option(found))
            | (TypeDefKind::List(expected), TypeDefKind::List(found)) => {
                self.types(&format!("{path}[]"), expected, found);
            }
            (TypeDefKind::Result(expected), TypeDefKind::Result(found)) => {
                self.optional_types(&format!("{path} ok"), &expected.ok, &found.ok);
                self.optional_types(&format!("{path} error"), &expected.err, &found.err);
            }
            // The contract has none of the other kinds.
            _ => self.mismatch(path, &Type::Id(expected_id), &Type::Id(found_id)),
        }
    }

    fn same_names(
        &mut self,
        path: &str,
        kind: &str,
        expected: &[String],
        found: &[String],
    ) -> bool {
        if expected == found {
            return true;
        }
        let missing = expected.iter().find(|name| !found.contains(name));
        let unknown = found.iter().find(|name| !expected.contains(name));
        self.problem(match (missing, unknown) {
            (Some(missing), _) => format!("{path}: the {kind} `{missing}` is missing"),
            (None, Some(unknown)) => format!("{path}: the {kind} `{unknown}` is unknown"),
            (None, None) => format!("{path}: the {kind}s stand in another order"),
        });
        false
    }

    fn mismatch(&mut self, path: &str, expected: &Type, found: &Type) {
        let expected = describe(self.contract, expected);
        let found = describe(self.upload, found);
        self.problem(format!("{path}: {expected} expected, {found} found"));
    }

    fn problem(&mut self, problem: String) {
        if self.problems.len() < REPORTED {
            self.problems.push(problem);
        }
    }
}

/// Follows names given to other types.
fn dealias(resolve: &Resolve, named: &Type) -> Type {
    let mut current = *named;
    while let Type::Id(id) = current {
        match resolve.types[id].kind {
            TypeDefKind::Type(next) => current = next,
            _ => break,
        }
    }
    current
}

fn describe(resolve: &Resolve, described: &Type) -> String {
    match described {
        Type::Id(id) => {
            let definition = &resolve.types[*id];
            match &definition.name {
                Some(name) => format!("{} `{name}`", definition.kind.as_str()),
                None => definition.kind.as_str().to_owned(),
            }
        }
        other => format!("{other:?}").to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
    use wit_parser::ManglingAndAbi;

    fn component_of(wit: &str) -> Vec<u8> {
        let mut resolve = Resolve::default();
        let package = resolve.push_str("test.wit", wit).unwrap();
        let world = resolve.select_world(&[package], Some("template")).unwrap();
        let mut module = dummy_module(&resolve, world, ManglingAndAbi::Standard32);
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
        ComponentEncoder::default()
            .validate(true)
            .module(&module)
            .unwrap()
            .encode()
            .unwrap()
    }

    fn problems(wit: &str) -> Vec<String> {
        match check(&component_of(wit)) {
            Ok(()) => Vec::new(),
            Err(Refusal::WrongContract { problems }) => problems,
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_contract_fits_itself() {
        assert_eq!(problems(CONTRACT), Vec::<String>::new());
    }

    #[test]
    fn another_version_is_named() {
        let found = problems(&CONTRACT.replace("template@0.1.0", "template@0.2.0"));
        assert!(
            found[0].contains("exports `guichet:template/plugin@0.2.0`"),
            "{found:?}"
        );
    }

    #[test]
    fn a_changed_type_is_named_with_its_path() {
        let found = problems(&CONTRACT.replace("        alternative: option<string>,", ""));
        assert_eq!(
            found,
            ["prepare result ok.backgrounds[].items[]: the field `alternative` is missing"]
        );
        let found = problems(&CONTRACT.replace("type emu = s32;", "type emu = s64;"));
        assert!(
            found
                .iter()
                .any(|problem| problem.ends_with("s32 expected, s64 found")),
            "{found:?}"
        );
        let found = problems(&CONTRACT.replace("layout: func(request: request)", "layout: func()"));
        assert_eq!(found, ["`layout` takes 1 parameters, not 0"]);
    }

    #[test]
    fn imports_are_named() {
        let wit = CONTRACT.replace(
            "export plugin;",
            "export plugin;\n import now: func() -> u64;",
        );
        let refusal = check(&component_of(&wit)).unwrap_err();
        assert_eq!(
            refusal,
            Refusal::Imports {
                names: vec!["now".to_owned()]
            }
        );
    }

    #[test]
    fn a_core_module_without_types_is_told_so() {
        // The smallest core module: magic and version.
        let module = b"\0asm\x01\0\0\0";
        assert!(
            matches!(check_core_module(module), Err(Refusal::NotWebAssembly { reason }) if reason.contains("component-type"))
        );
    }
}
