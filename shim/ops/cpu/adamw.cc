// AdamW: each parameter is read and written once a step.

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels.h"
#include "parallel.h"
#include "vector.h"

namespace moebius::cpu {
namespace {

// What a step is made of, in PyTorch's order of operations.
struct Step {
  double decay;  // 1 - lr * weight_decay
  double size;   // lr / (1 - beta1^step)
  double root;   // sqrt(1 - beta2^step)
  double beta1, beta2, eps, grad_scale;
};

template <typename T, typename Grad>
void update(const Step& step, int64_t count, T* param, const Grad* grad, T* exp_avg, T* exp_avg_sq,
            at::BFloat16* shadow) {
  using A = Wide<T>;
  const A decay = static_cast<A>(step.decay);
  const A size = static_cast<A>(step.size);
  const A root = static_cast<A>(step.root);
  const A fresh1 = static_cast<A>(1 - step.beta1);
  const A beta2 = static_cast<A>(step.beta2);
  const A fresh2 = static_cast<A>(1 - step.beta2);
  const A eps = static_cast<A>(step.eps);
  const A scale = static_cast<A>(step.grad_scale);
  for_lanes(count, [&](int64_t i, auto present) {
    const auto g = __builtin_convertvector(load(grad + i, present), Lanes<A>) * scale;
    const auto before = load(exp_avg + i, present);
    const auto m = before + fresh1 * (g - before);
    const auto v = beta2 * load(exp_avg_sq + i, present) + fresh2 * g * g;
    store(exp_avg + i, m, present);
    store(exp_avg_sq + i, v, present);
    const auto moved = load(param + i, present) * decay - size * m / (square_root(v) / root + eps);
    store(param + i, moved, present);
    if (shadow != nullptr) {
      const auto kept = load(param + i, present);
      store(shadow + i, __builtin_convertvector(kept, Lanes<float>), present);
    }
  });
}

// Calls body.template operator()<Grad>() with a gradient's type: the parameter's, or bfloat16.
template <typename T, typename Body>
void with_grad(at::ScalarType dtype, Body&& body) {
  if (dtype == at::kBFloat16) {
    body.template operator()<at::BFloat16>();
  } else {
    body.template operator()<T>();
  }
}

}  // namespace

void adamw_(at::TensorList params, at::TensorList grads, at::TensorList exp_avgs,
            at::TensorList exp_avg_sqs, at::TensorList steps, const Tensor& lr,
            const Tensor& grad_scale, const Tensor& found_inf, double beta1, double beta2,
            double eps, double weight_decay, at::TensorList shadows) {
  const size_t count = params.size();
  TORCH_CHECK(grads.size() == count && exp_avgs.size() == count && exp_avg_sqs.size() == count &&
                  steps.size() == count && (shadows.empty() || shadows.size() == count),
              "the lists have different lengths: ", count, " params, ", grads.size(), " grads, ",
              exp_avgs.size(), " exp_avgs, ", exp_avg_sqs.size(), " exp_avg_sqs, ", steps.size(),
              " steps, ", shadows.size(), " shadows");
  for (size_t i = 0; i < count; ++i) {
    const Tensor& param = params[i];
    for (const Tensor* each : {&exp_avgs[i], &exp_avg_sqs[i]}) {
      TORCH_CHECK(each->sizes() == param.sizes() && each->scalar_type() == param.scalar_type() &&
                      each->is_contiguous(),
                  "the state of parameter ", i, " must be contiguous and of its shape and dtype");
    }
    TORCH_CHECK(grads[i].sizes() == param.sizes() && grads[i].is_contiguous() &&
                    (grads[i].scalar_type() == param.scalar_type() ||
                     grads[i].scalar_type() == at::kBFloat16),
                "the gradient of parameter ", i,
                " must be contiguous, of its shape, and of its dtype or bfloat16");
    TORCH_CHECK(param.is_contiguous() &&
                    (shadows.empty() ||
                     (shadows[i].is_contiguous() && shadows[i].sizes() == param.sizes() &&
                      shadows[i].scalar_type() == at::kBFloat16)),
                "parameter ", i, " must be contiguous, and its shadow bfloat16 of its shape");
  }
  if (*found_inf.const_data_ptr<float>() == 1) return;
  const double rate = *lr.const_data_ptr<float>();
  struct Piece {
    size_t index;
    int64_t begin, count;
    Step step;
  };
  constexpr int64_t kPiece = int64_t{1} << 16;
  std::vector<Piece> pieces;
  int64_t elements = 0;
  for (size_t i = 0; i < count; ++i) {
    elements += params[i].numel();
    float& number = *steps[i].mutable_data_ptr<float>();
    number += 1;
    const Step step{1 - rate * weight_decay,
                    rate / (1 - std::pow(beta1, number)),
                    std::sqrt(1 - std::pow(beta2, number)),
                    beta1,
                    beta2,
                    eps,
                    *grad_scale.const_data_ptr<float>()};
    for (int64_t begin = 0; begin < params[i].numel(); begin += kPiece) {
      pieces.push_back({i, begin, std::min(kPiece, params[i].numel() - begin), step});
    }
  }
  parallel_tasks(static_cast<int64_t>(pieces.size()), elements, [&](int64_t task) {
    const Piece& piece = pieces[static_cast<size_t>(task)];
    const size_t i = piece.index;
    with_type(params[i].scalar_type(), [&]<typename T>() {
      with_grad<T>(grads[i].scalar_type(), [&]<typename Grad>() {
        update(
            piece.step, piece.count, params[i].mutable_data_ptr<T>() + piece.begin,
            grads[i].const_data_ptr<Grad>() + piece.begin,
            exp_avgs[i].mutable_data_ptr<T>() + piece.begin,
            exp_avg_sqs[i].mutable_data_ptr<T>() + piece.begin,
            shadows.empty() ? nullptr : shadows[i].mutable_data_ptr<at::BFloat16>() + piece.begin);
      });
    });
  });
}

}  // namespace moebius::cpu
