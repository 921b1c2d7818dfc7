//! The list of items on a page or background.

use crate::contract::{
    BackgroundReference, Cell, Group, Item, ItemContent, LinkArea, Point, Role, Stack, Table,
    TextBox,
};
use crate::prepared::BackgroundId;

/// Collects items in the order in which they are painted and read. Groups, stacks, tables and cells
/// take a function that draws what is inside, so that starts and ends always match.
#[derive(Clone, Debug, Default)]
pub struct Drawing {
    items: Vec<Item>,
}

impl Drawing {
    /// An empty drawing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Text, as a paragraph or a heading. A box without paragraphs is left out.
    pub fn text(&mut self, role: Role, text: TextBox) {
        if !text.paragraphs.is_empty() {
            self.push(role, None, text.into());
        }
    }

    /// A picture or code, with what it shows in words.
    pub fn figure(&mut self, alternative: &str, content: impl Into<ItemContent>) {
        self.push(Role::Figure, Some(alternative.to_owned()), content.into());
    }

    /// Decoration: skipped when the page is read aloud.
    pub fn decoration(&mut self, content: impl Into<ItemContent>) {
        self.push(Role::Artifact, None, content.into());
    }

    /// An area that opens an address; `alternative` says which.
    pub fn link(&mut self, alternative: &str, area: LinkArea) {
        self.push(Role::Link, Some(alternative.to_owned()), area.into());
    }

    /// A background with its origin at this point.
    pub fn background(&mut self, id: BackgroundId, at: Point) {
        self.push(
            Role::None,
            None,
            ItemContent::Background(BackgroundReference { index: id.0, at }),
        );
    }

    /// Items in a coordinate system of their own.
    pub fn group(&mut self, role: Role, group: Group, inside: impl FnOnce(&mut Self)) {
        self.push(role, None, ItemContent::GroupStart(group));
        inside(self);
        self.push(Role::None, None, ItemContent::GroupEnd);
    }

    /// Items that the host puts one after the other.
    pub fn stack(&mut self, role: Role, stack: Stack, inside: impl FnOnce(&mut Self)) {
        self.push(role, None, ItemContent::StackStart(stack));
        inside(self);
        self.push(Role::None, None, ItemContent::StackEnd);
    }

    /// Cells in rows and columns; draw only [`cell`](Self::cell)s inside.
    pub fn table(&mut self, table: Table, inside: impl FnOnce(&mut Self)) {
        self.push(Role::Table, None, ItemContent::TableStart(table));
        inside(self);
        self.push(Role::None, None, ItemContent::TableEnd);
    }

    /// One cell of a table.
    pub fn cell(&mut self, role: Role, cell: Cell, inside: impl FnOnce(&mut Self)) {
        self.push(role, None, ItemContent::CellStart(cell));
        inside(self);
        self.push(Role::None, None, ItemContent::CellEnd);
    }

    /// Any item, as the contract has it.
    pub fn push(&mut self, role: Role, alternative: Option<String>, content: ItemContent) {
        self.items.push(Item {
            role,
            alternative,
            content,
        });
    }

    pub(crate) fn into_items(self) -> Vec<Item> {
        self.items
    }
}
