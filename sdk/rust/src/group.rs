//! Groups within a unit.

/// Numbers the different keys of a unit, at most `N`, in order of appearance,
/// for arrays of one's own.
///
/// ```ignore
/// let mut wards = Groups::<&str, 8>::new();
/// let mut hours = [0.0; 8];
/// let g = wards.of(ward).ok_or(Fail)?;
/// hours[g] += 1.5;
/// ```
pub struct Groups<K, const N: usize> {
    keys: [K; N],
    n: usize,
}

impl<K: Copy + Default + PartialEq, const N: usize> Groups<K, N> {
    /// No groups yet.
    pub fn new() -> Self {
        Groups {
            keys: [K::default(); N],
            n: 0,
        }
    }

    /// The group of a key, made if it is new; `None` if there are too many.
    pub fn of(&mut self, key: K) -> Option<usize> {
        if let Some(i) = self.find(key) {
            return Some(i);
        }
        *self.keys.get_mut(self.n)? = key;
        self.n += 1;
        Some(self.n - 1)
    }

    /// The group of a key, if there is one.
    pub fn find(&self, key: K) -> Option<usize> {
        self.keys().iter().rposition(|k| *k == key) // the last one is the likeliest
    }

    /// The keys, by number of group.
    pub fn keys(&self) -> &[K] {
        &self.keys[..self.n]
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.n
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.n == 0
    }
}

impl<K: Copy + Default + PartialEq, const N: usize> Default for Groups<K, N> {
    fn default() -> Self {
        Self::new()
    }
}
