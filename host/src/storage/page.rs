//! Lists in pages.

/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    /// Counted from 1; 0 is taken as 1.
    pub page: u32,
    /// Items on a page.
    pub limit: u32,
}

impl PageRequest {
    /// How many items stand before the page.
    #[must_use]
    pub fn offset(self) -> u64 {
        u64::from(self.page.saturating_sub(1)) * u64::from(self.limit)
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// How many items the whole list has.
    pub total: u64,
}
