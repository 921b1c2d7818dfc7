//! The page tree, balanced and written as it grows.

use pdf_writer::Ref;

use crate::pdf::objects::Objects;

/// A node is written when it is full and another is needed beside it; only the open node of each
/// level is in memory. Nodes of one level are equally deep and all but the last are full.
#[derive(Default)]
pub(super) struct PageTree {
    /// The open nodes, from that above the pages to the highest.
    levels: Vec<Node>,
}

struct Node {
    object: Ref,
    kids: Vec<Ref>,
    /// Pages below.
    pages: i32,
}

/// Viewers find a page among 25,000 in three steps.
const MAX_KIDS: usize = 48;

impl PageTree {
    /// Adds a page at the end; returns its parent.
    pub fn push(&mut self, page: Ref, objects: &mut Objects) -> Ref {
        self.push_at(0, page, 1, objects)
    }

    /// Writes the open nodes; returns the root. `None` if there is no page.
    pub fn finish(mut self, objects: &mut Objects) -> Option<Ref> {
        while self.levels.len() > 1 {
            let node = self.levels.remove(0);
            // What was the second level is the first now.
            let parent = self.push_at(0, node.object, node.pages, objects);
            node.write(Some(parent), objects);
        }
        let root = self.levels.pop()?;
        root.write(None, objects);
        Some(root.object)
    }

    fn push_at(&mut self, level: usize, kid: Ref, pages: i32, objects: &mut Objects) -> Ref {
        let node = match self.levels.get(level) {
            Some(node) => {
                if node.kids.len() >= MAX_KIDS {
                    self.close(level, objects);
                }
                &mut self.levels[level]
            }
            None => {
                self.levels.push(Node::new(objects));
                &mut self.levels[level]
            }
        };
        node.kids.push(kid);
        node.pages += pages;
        node.object
    }

    /// Writes the open node of a level below another, and opens an empty one in its place.
    fn close(&mut self, level: usize, objects: &mut Objects) {
        let node = std::mem::replace(&mut self.levels[level], Node::new(objects));
        let parent = self.push_at(level + 1, node.object, node.pages, objects);
        node.write(Some(parent), objects);
    }
}

impl Node {
    fn new(objects: &mut Objects) -> Self {
        Self {
            object: objects.allocate(),
            kids: Vec::with_capacity(MAX_KIDS),
            pages: 0,
        }
    }

    fn write(&self, parent: Option<Ref>, objects: &mut Objects) {
        let mut pages = objects.begin(self.object).pages(self.object);
        pages.kids(self.kids.iter().copied()).count(self.pages);
        if let Some(parent) = parent {
            pages.parent(parent);
        }
    }
}
