//! The seal: a value that has passed the gate.
//! Invariant: only this module's parent can make one, so whoever holds a `Released` need not ask.
//! Absent on purpose: `Deserialize` and any public constructor.

use serde::{Serialize, Serializer};

use super::{Flag, Key, Values};

/// A value that has passed the gate. There is no way to make one outside it:
///
/// ```compile_fail
/// let forged = hengping_analytics::gate::Released { inner: 4.2 };
/// ```
/// ```compile_fail
/// let forged = hengping_analytics::gate::Released::seal(4.2);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Released<T> {
    inner: T,
}

impl<T> Released<T> {
    pub(in crate::gate) fn seal(inner: T) -> Self {
        Self { inner }
    }

    /// The value.
    pub fn get(&self) -> &T {
        &self.inner
    }
}

impl<T: Serialize> Serialize for Released<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.inner.serialize(serializer)
    }
}

/// A released cell for figures and tables.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// What the cell is about.
    #[serde(flatten)]
    pub key: Key,
    /// Words that go with the value.
    pub flags: Vec<Flag>,
    /// What left.
    #[serde(flatten)]
    pub values: Values,
}
