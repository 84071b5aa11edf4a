//! What the processor can do, found at run time.

/// A set of processor features that kernels are written for.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// What every processor of the target has.
    Portable,
    /// x86 with POPCNT.
    #[cfg(target_arch = "x86_64")]
    Popcnt,
    /// x86 with AVX2 and POPCNT.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// x86 with AVX-512 F and VPOPCNTDQ, AVX2 and POPCNT.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// ARM with NEON.
    #[cfg(target_arch = "aarch64")]
    Neon,
}

impl Level {
    /// The widest level of this processor.
    pub(super) fn widest() -> Self {
        Self::supported().last().copied().unwrap_or(Self::Portable)
    }

    /// As people call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Self::Popcnt => "POPCNT",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => "AVX2",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => "AVX-512",
            #[cfg(target_arch = "aarch64")]
            Self::Neon => "NEON",
        }
    }

    /// The levels of this processor, narrowest first.
    pub(super) fn supported() -> Vec<Self> {
        let mut levels = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            let popcnt = is_x86_feature_detected!("popcnt");
            let avx2 = popcnt && is_x86_feature_detected!("avx2");
            let avx512 =
                avx2 && is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vpopcntdq");
            let found = [(popcnt, Self::Popcnt), (avx2, Self::Avx2), (avx512, Self::Avx512)];
            levels.extend(found.into_iter().filter(|(found, _)| *found).map(|(_, level)| level));
        }
        #[cfg(target_arch = "aarch64")]
        if std::arch::is_aarch64_feature_detected!("neon") {
            levels.push(Self::Neon);
        }
        levels
    }
}

/// What the processor has for AES.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum AesLevel {
    /// What the `aes` crate finds.
    Portable,
    /// x86 with AES-NI.
    #[cfg(target_arch = "x86_64")]
    Aes,
    /// The same by vectors of two blocks: x86 with VAES and AVX2.
    #[cfg(target_arch = "x86_64")]
    Vaes,
    /// The same by vectors of four blocks: x86 with VAES and AVX-512 F.
    #[cfg(target_arch = "x86_64")]
    Vaes512,
}

impl AesLevel {
    /// The widest level of this processor.
    pub(super) fn widest() -> Self {
        Self::supported().last().copied().unwrap_or(Self::Portable)
    }

    /// As people call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Portable => "the aes crate's own choice",
            #[cfg(target_arch = "x86_64")]
            Self::Aes => "AES-NI",
            #[cfg(target_arch = "x86_64")]
            Self::Vaes => "VAES with AVX2",
            #[cfg(target_arch = "x86_64")]
            Self::Vaes512 => "VAES with AVX-512",
        }
    }

    /// The levels of this processor, narrowest first.
    pub(super) fn supported() -> Vec<Self> {
        let mut levels = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            let aes = is_x86_feature_detected!("aes");
            let vaes = aes && is_x86_feature_detected!("vaes") && is_x86_feature_detected!("avx2");
            let vaes512 = vaes && is_x86_feature_detected!("avx512f");
            let found = [(aes, Self::Aes), (vaes, Self::Vaes), (vaes512, Self::Vaes512)];
            levels.extend(found.into_iter().filter(|(found, _)| *found).map(|(_, level)| level));
        }
        levels
    }
}

/// What the processor has for products of polynomials over GF(2).
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum FieldLevel {
    /// What every processor has.
    Portable,
    /// x86 with PCLMULQDQ.
    #[cfg(target_arch = "x86_64")]
    Clmul,
}

impl FieldLevel {
    /// The levels of this processor, narrowest first.
    pub(super) fn supported() -> Vec<Self> {
        let mut levels = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        levels.extend(is_x86_feature_detected!("pclmulqdq").then_some(Self::Clmul));
        levels
    }
}

/// What the processor has for products of many points of a curve.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum GroupLevel {
    /// What the curve's crate finds.
    Portable,
    /// x86 with AVX-512 F and IFMA.
    #[cfg(target_arch = "x86_64")]
    Ifma,
}

impl GroupLevel {
    /// The levels of this processor, narrowest first.
    pub(super) fn supported() -> Vec<Self> {
        let mut levels = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            let found = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512ifma");
            levels.extend(found.then_some(Self::Ifma));
        }
        levels
    }
}
