//! CBOR as a tree that can be changed and stays CBOR, so that hostile input reaches behind the parser.

use proptest::prelude::*;
use ticket_token::cbor::{Kind, Reader, Writer};

/// One value. Only what our objects hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Tree {
    Integer(i64),
    Unsigned(u64),
    Bytes(Vec<u8>),
    Text(String),
    Array(Vec<Tree>),
    Map(Vec<(Tree, Tree)>),
    Boolean(bool),
    Null,
}

/// One change of one node, wherever it is.
#[derive(Debug, Clone)]
pub enum TreeChange {
    /// Another value in its place.
    Replace(prop::sample::Index, Tree),
    /// A little more or less: the edges of ranges.
    Nudge(prop::sample::Index, i64),
    /// A child of an array or map is gone.
    Remove(prop::sample::Index, prop::sample::Index),
    /// A child of an array stands twice.
    Repeat(prop::sample::Index, prop::sample::Index),
    /// Two children of an array change places.
    Swap(
        prop::sample::Index,
        prop::sample::Index,
        prop::sample::Index,
    ),
}

pub fn any_tree_change() -> impl Strategy<Value = TreeChange> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        3 => (index(), any_leaf()).prop_map(|(node, value)| TreeChange::Replace(node, value)),
        3 => (index(), -2i64..=2).prop_map(|(node, by)| TreeChange::Nudge(node, by)),
        1 => (index(), index()).prop_map(|(node, child)| TreeChange::Remove(node, child)),
        1 => (index(), index()).prop_map(|(node, child)| TreeChange::Repeat(node, child)),
        1 => (index(), index(), index()).prop_map(|(node, a, b)| TreeChange::Swap(node, a, b)),
    ]
}

fn any_leaf() -> impl Strategy<Value = Tree> {
    prop_oneof![
        prop::sample::select(vec![
            0,
            1,
            2,
            3,
            4,
            23,
            24,
            255,
            256,
            65_535,
            65_536,
            0x7fff_ffff,
            0xffff_ffff,
            1 << 32,
            u64::MAX,
        ])
        .prop_map(Tree::Unsigned),
        any::<u64>().prop_map(Tree::Unsigned),
        any::<i64>().prop_map(|value| Tree::Integer(value.min(-1))),
        prop::collection::vec(any::<u8>(), 0..70).prop_map(Tree::Bytes),
        ".{0,70}".prop_map(Tree::Text),
        any::<bool>().prop_map(Tree::Boolean),
        Just(Tree::Null),
        Just(Tree::Array(vec![])),
        Just(Tree::Map(vec![])),
    ]
}

/// Changes a document. The result is deterministic CBOR again.
pub fn changed(bytes: &[u8], changes: &[TreeChange]) -> Vec<u8> {
    let mut tree = Tree::decode(bytes);
    for change in changes {
        tree.apply(change);
    }
    tree.encode()
}

impl Tree {
    fn decode(bytes: &[u8]) -> Self {
        let mut reader = Reader::new(bytes).unwrap();
        Self::read(&mut reader)
    }

    fn read(reader: &mut Reader<'_>) -> Self {
        match reader.kind() {
            Kind::Unsigned => Self::Unsigned(reader.unsigned().unwrap()),
            Kind::Negative => Self::Integer(reader.integer().unwrap()),
            Kind::Bytes => Self::Bytes(reader.bytes().unwrap().to_vec()),
            Kind::Text => Self::Text(reader.text().unwrap().to_owned()),
            Kind::Array => {
                let count = reader.array().unwrap();
                Self::Array((0..count).map(|_| Self::read(reader)).collect())
            }
            Kind::Map => {
                let count = reader.map().unwrap();
                Self::Map(
                    (0..count)
                        .map(|_| (Self::read(reader), Self::read(reader)))
                        .collect(),
                )
            }
            Kind::Boolean => Self::Boolean(reader.boolean().unwrap()),
            Kind::Null => {
                reader.null().unwrap();
                Self::Null
            }
            other => panic!("our objects hold no {other}"),
        }
    }

    fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        match self {
            Self::Integer(value) => writer.integer(*value),
            Self::Unsigned(value) => writer.unsigned(*value),
            Self::Bytes(bytes) => writer.bytes(bytes),
            Self::Text(text) => writer.text(text),
            Self::Array(children) => {
                writer.array(children.len());
                children
                    .iter()
                    .fold(&mut writer, |writer, child| writer.encoded(&child.encode()))
            }
            Self::Map(pairs) => {
                // A changed key may belong elsewhere, or be there already.
                let mut pairs: Vec<_> = pairs
                    .iter()
                    .map(|(key, value)| (key.encode(), value.encode()))
                    .collect();
                pairs.sort();
                pairs.dedup_by(|later, earlier| later.0 == earlier.0);
                writer.map(pairs.len());
                pairs.iter().fold(&mut writer, |writer, (key, value)| {
                    writer.encoded(key).encoded(value)
                })
            }
            Self::Boolean(value) => writer.boolean(*value),
            Self::Null => writer.null(),
        };
        writer.into_bytes()
    }

    fn apply(&mut self, change: &TreeChange) {
        let size = self.size();
        let (TreeChange::Replace(node, _)
        | TreeChange::Nudge(node, _)
        | TreeChange::Remove(node, _)
        | TreeChange::Repeat(node, _)
        | TreeChange::Swap(node, _, _)) = change;
        let mut number = node.index(size);
        let Some(node) = self.node(&mut number) else {
            return;
        };
        match (change, node) {
            (TreeChange::Replace(_, value), node) => *node = value.clone(),
            (TreeChange::Nudge(_, by), Self::Unsigned(value)) => {
                *value = value.wrapping_add_signed(*by);
            }
            (TreeChange::Nudge(_, by), Self::Integer(value)) => {
                *value = value.saturating_add(*by).min(-1);
            }
            (TreeChange::Nudge(_, by), Self::Bytes(bytes)) => {
                bytes.resize(bytes.len().saturating_add_signed(*by as isize), 0);
            }
            (TreeChange::Nudge(_, by), Self::Text(text)) => {
                *text = text.repeat(by.unsigned_abs() as usize);
            }
            (TreeChange::Remove(_, child), Self::Array(children)) if !children.is_empty() => {
                children.remove(child.index(children.len()));
            }
            (TreeChange::Remove(_, child), Self::Map(pairs)) if !pairs.is_empty() => {
                pairs.remove(child.index(pairs.len()));
            }
            (TreeChange::Repeat(_, child), Self::Array(children)) if !children.is_empty() => {
                let place = child.index(children.len());
                children.insert(place, children[place].clone());
            }
            (TreeChange::Swap(_, a, b), Self::Array(children)) if !children.is_empty() => {
                let count = children.len();
                children.swap(a.index(count), b.index(count));
            }
            _ => {}
        }
    }

    /// How many nodes there are.
    fn size(&self) -> usize {
        1 + match self {
            Self::Array(children) => children.iter().map(Self::size).sum(),
            Self::Map(pairs) => pairs
                .iter()
                .map(|(key, value)| key.size() + value.size())
                .sum(),
            _ => 0,
        }
    }

    /// The node with a number, counted from this one on.
    fn node(&mut self, number: &mut usize) -> Option<&mut Tree> {
        if *number == 0 {
            return Some(self);
        }
        *number -= 1;
        match self {
            Self::Array(children) => children.iter_mut().find_map(|child| child.node(number)),
            Self::Map(pairs) => pairs.iter_mut().find_map(|(key, value)| {
                // Not `or_else`: both would be borrowed at once.
                if let Some(node) = key.node(number) {
                    Some(node)
                } else {
                    value.node(number)
                }
            }),
            _ => None,
        }
    }
}
