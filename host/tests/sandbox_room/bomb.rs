//! Small modules that take a compiler very long.

use wasm_encoder::{
    BlockType, CodeSection, Function, FunctionSection, Instruction, Module, TypeSection, ValType,
};
use wit_component::{StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{ManglingAndAbi, Resolve};

/// Assignments that depend on a condition; each joins all values before it.
const SETS: u32 = 15_000;
const LOCALS: u32 = 400;

/// A core module of about 150 KB that fits the contract, with one function that costs far more than
/// linear time and memory to compile.
pub fn module() -> Vec<u8> {
    let mut resolve = Resolve::default();
    let contract = include_str!("../../../wit/v0/guichet-template.wit");
    let package = resolve.push_str("guichet-template.wit", contract).unwrap();
    let world = resolve.select_world(&[package], Some("template")).unwrap();
    let mut module = with_bomb(&dummy_module(&resolve, world, ManglingAndAbi::Standard32));
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    module
}

/// Adds the bomb's function to a module, after those that it has.
fn with_bomb(module: &[u8]) -> Vec<u8> {
    use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
    use wasmparser::{Parser, Payload};

    let mut rebuilt = Module::new();
    let mut encoder = RoundtripReencoder;
    let mut codes = CodeSection::new();
    let mut types_before = 0;
    for payload in Parser::new(0).parse_all(module) {
        match payload.unwrap() {
            Payload::TypeSection(section) => {
                let mut types = TypeSection::new();
                types_before = section.count();
                encoder.parse_type_section(&mut types, section).unwrap();
                types.ty().function([ValType::I32], [ValType::I32]);
                rebuilt.section(&types);
            }
            Payload::FunctionSection(section) => {
                let mut functions = FunctionSection::new();
                encoder
                    .parse_function_section(&mut functions, section)
                    .unwrap();
                functions.function(types_before);
                rebuilt.section(&functions);
            }
            Payload::CodeSectionEntry(body) => {
                encoder.parse_function_body(&mut codes, body).unwrap();
            }
            Payload::MemorySection(section) => {
                let mut memories = wasm_encoder::MemorySection::new();
                encoder
                    .parse_memory_section(&mut memories, section)
                    .unwrap();
                rebuilt.section(&memories);
            }
            Payload::ExportSection(section) => {
                let mut exports = wasm_encoder::ExportSection::new();
                encoder.parse_export_section(&mut exports, section).unwrap();
                rebuilt.section(&exports);
            }
            _ => {}
        }
    }
    codes.function(&bomb());
    rebuilt.section(&codes);
    rebuilt.finish()
}

fn bomb() -> Function {
    let mut function = Function::new([(LOCALS, ValType::I32)]);
    for step in 0..SETS {
        // if (parameter) local = parameter
        function.instruction(&Instruction::LocalGet(0));
        function.instruction(&Instruction::If(BlockType::Empty));
        function.instruction(&Instruction::LocalGet(1 + (step * 7) % LOCALS));
        function.instruction(&Instruction::LocalSet(1 + step % LOCALS));
        function.instruction(&Instruction::End);
    }
    function.instruction(&Instruction::LocalGet(1));
    function.instruction(&Instruction::End);
    function
}
